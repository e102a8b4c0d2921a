import type { CommandContext } from '../../base-command.ts';
import { canceledBy, type InterruptSignal } from '../../cli/interrupts.ts';
import { KxError } from '../../lib/errors/index.ts';
import { fanout, type FanoutOptions, type Task } from '../../lib/fanout/index.ts';
import { foldNames } from '../../lib/render/index.ts';
import {
  brokenPipeCode,
  flushed,
  openInput,
  openOutput,
  openOwnOutput,
  printError,
  watchReader,
} from '../../lib/terminal/index.ts';
import { countOf } from './amount.ts';
import { broadcast } from './broadcast.ts';
import { takeControl, type Control } from './control.ts';
import { listTargets } from './list-targets.ts';
import { nameTargets, type Naming } from './names.ts';
import { openView } from './open-view.ts';
import { fitParallelism } from './open-files.ts';
import type { FanoutExecOptions } from './options.ts';
import type { ExecTarget } from './exec-target.ts';
import { startProgress } from './progress.ts';
import { runOnTarget } from './run-target.ts';
import { createScratch } from './scratch.ts';
import { readScript } from './script.ts';
import { summarise } from './summary.ts';
import { findTargets } from './targets.ts';
import { exitCodeOf, isPassing, judge, type Result } from './verdict.ts';

/** Before the first, second, … retry, in milliseconds; then the last of these. */
const retryPauses = [500, 1000, 2000, 5000, 10_000];

/** Runs a command in every container that is selected and gives the exit code of kx. Rejects where nothing was run. */
export async function runFanout(options: FanoutExecOptions, context: CommandContext): Promise<number> {
  const began = performance.now();
  const script = options.script === undefined ? undefined : readScript(options.script);
  const { targets, silent, late } = await findTargets(options, {
    signal: context.signal,
    say: (line) => printError(`${line}\n`),
    log: (level, line) => context.log(level, line),
  });
  if (options.dryRun) return printList(listTargets(targets, options.output));
  const { parallelism, limit } = fitParallelism(options.parallelism, options.outdir === undefined ? 0 : 2);
  if (limit !== undefined && parallelism < targets.length && !options.quiet) {
    printError(`${parallelism} at a time: no more than ${limit} files may be open (ulimit -n)\n`);
  }
  if (silent.length > 0 && !options.quiet) {
    printError(`no answer yet from ${silent.join(', ')}: the others begin\n`);
  }
  const naming = nameTargets(targets, silent.length === 0, options.color);
  const progress = startProgress(targets.length, options.quiet);
  const running = new Set<ExecTarget>();
  const control = takeControl(context, () => progress.say(describeRunning(running, naming)));
  const scratch = createScratch();
  const input = options.stdin ? broadcast(openInput(), scratch, control.fail) : undefined;
  const view = openView(options, naming, { ...progress, fail: control.fail });
  // A summary is not what the others wait for: it comes at the end, and there may be files.
  const stopWatching = options.output === 'summary' ? () => {} : watchReader(openOutput(1));
  const log = (target: ExecTarget, level: number, line: string): void => {
    if (level === 0 ? !options.quiet : context.isVerbose(level)) progress.say(`${naming.nameOf(target)}: ${line}`);
  };
  const work = { options, script, input, stops: control.stops, open: view.open, fail: control.fail, log };
  const task: Task<ExecTarget, number> = async (target, launch) => {
    running.add(target);
    progress.launched();
    try {
      return await runOnTarget(target, launch, work);
    } finally {
      running.delete(target);
      progress.ended();
    }
  };
  const window = windowOf({ ...options, parallelism }, targets.length, control.launching);
  const everything = async function* (): AsyncGenerator<ExecTarget> {
    yield* targets;
    for await (const more of late(control.launching)) {
      view.expect?.(more);
      progress.expect(more.length);
      yield* more;
    }
  };
  const results: Result[] = [];
  try {
    view.expect?.(targets);
    for await (const outcome of fanout(silent.length === 0 ? targets : everything(), task, window)) {
      const result = judge(outcome);
      results.push(result);
      progress.counted(result.verdict === 'succeeded');
      if (options.failFast && result.verdict !== 'succeeded') control.failFast();
      if (!control.isBroken) await view.show(result).catch(control.fail);
    }
    if (!control.isBroken) await view.finish().catch(control.fail);
    if (!control.isBroken) await flushed(openOutput(1));
  } finally {
    stopWatching();
    control.release();
    progress.stop();
    input?.close();
    await Promise.all([view.close(), scratch.close()]);
  }
  if (control.isUnread) return brokenPipeCode;
  if (needsSummary(results, options, control)) {
    printError(summarise(results, naming, performance.now() - began, false));
  }
  if (control.fault !== undefined) throw control.fault;
  return exitOf(results, options, control.canceled);
}

function describeRunning(running: ReadonlySet<ExecTarget>, naming: Naming): string {
  const names = foldNames([...running].map((target) => naming.nameOf(target)));
  const what = running.size === 0 ? 'nothing runs' : `${running.size} still running, which Ctrl-C ends: ${names}`;
  return `canceled: no more are launched; ${what}`;
}

/** Whether there is something to say on stderr: also where something broke, who had their turn must be known. */
function needsSummary(
  results: readonly Result[],
  { output, quiet }: FanoutExecOptions,
  { fault }: Pick<Control, 'fault'>,
): boolean {
  if (fault !== undefined) return true;
  return output !== 'summary' && !(quiet && results.every(({ verdict }) => verdict === 'succeeded'));
}

/** The list that is all there is to show, and the exit code. Rejects where it cannot be written. */
async function printList(text: string): Promise<number> {
  const output = openOwnOutput(1, () => {});
  output.write(text);
  await flushed(output);
  if (output.errored instanceof KxError) throw output.errored;
  return output.errored === null ? 0 : brokenPipeCode;
}

function exitOf(
  results: readonly Result[],
  { ignoreFailures }: FanoutExecOptions,
  canceled: InterruptSignal | undefined,
): number {
  const code = ignoreFailures ? 0 : exitCodeOf(results);
  const isCut = results.some(({ verdict, error }) => verdict === 'skipped' || error?.code === 'KX_CANCELED');
  return canceled !== undefined && isCut ? Math.max(code, canceledBy(canceled).exit) : code;
}

function windowOf(options: FanoutExecOptions, total: number, launching: AbortSignal): FanoutOptions<number> {
  const { parallelism, batch, batchPause, maxFailures, failFast, retries } = options;
  return {
    parallelism,
    signal: launching,
    hasFailed: (code) => code !== 0,
    batches: batch && { size: countOf(batch, total), pauseMs: batchPause },
    maxFailures: failFast ? 1 : maxFailures && countOf(maxFailures, total),
    retries: {
      times: retries,
      pauseMs: (retry) => retryPauses[Math.min(retry, retryPauses.length) - 1] ?? 0,
      isWorthwhile: isPassing,
    },
  };
}
