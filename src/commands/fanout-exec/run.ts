import type { CommandContext } from '../../base-command.ts';
import { canceledBy, type InterruptSignal } from '../../cli/interrupts.ts';
import { fanout, type FanoutOptions, type Task } from '../../lib/fanout/index.ts';
import { foldNames } from '../../lib/render/index.ts';
import { brokenPipeCode, flushed, openInput, openOutput, print, printError } from '../../lib/terminal/index.ts';
import { countOf } from './amount.ts';
import { broadcast } from './broadcast.ts';
import { takeControl } from './control.ts';
import { listTargets } from './list-targets.ts';
import { nameTargets, type Naming } from './names.ts';
import { openView } from './open-view.ts';
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
  const targets = await findTargets(options, {
    signal: context.signal,
    say: (line) => printError(`${line}\n`),
    log: (level, line) => context.log(level, line),
  });
  if (options.dryRun) {
    print(listTargets(targets, options.output));
    return 0;
  }
  const naming = nameTargets(targets, options.color);
  const progress = startProgress(targets.length, options.quiet);
  const running = new Set<ExecTarget>();
  const control = takeControl(context, () => progress.say(describeRunning(running, naming)));
  const scratch = createScratch();
  const input = options.stdin ? broadcast(openInput(), scratch, control.fail) : undefined;
  const view = openView(options, naming, { giveWay: progress.giveWay, fail: control.fail });
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
  const results: Result[] = [];
  try {
    for await (const outcome of fanout(targets, task, windowOf(options, targets.length, control.launching))) {
      const result = judge(outcome);
      results.push(result);
      progress.counted(result.verdict === 'succeeded');
      if (options.failFast && result.verdict !== 'succeeded') control.failFast();
      if (!control.isBroken) await view.show(result).catch(control.fail);
    }
    if (!control.isBroken) await view.finish().catch(control.fail);
    if (!control.isBroken) await flushed(openOutput(1));
  } finally {
    control.release();
    progress.stop();
    input?.close();
    await Promise.all([view.close(), scratch.close()]);
  }
  if (control.fault !== undefined) throw control.fault;
  if (control.isUnread) return brokenPipeCode;
  tellSummary(results, naming, options, performance.now() - began);
  return exitOf(results, options, control.canceled);
}

function describeRunning(running: ReadonlySet<ExecTarget>, naming: Naming): string {
  const names = foldNames([...running].map((target) => naming.nameOf(target)));
  const what = running.size === 0 ? 'nothing runs' : `${running.size} still running, which Ctrl-C ends: ${names}`;
  return `canceled: no more are launched; ${what}`;
}

function tellSummary(results: readonly Result[], naming: Naming, options: FanoutExecOptions, elapsedMs: number): void {
  if (options.output === 'summary') {
    print(summarise(results, naming, elapsedMs, true));
    return;
  }
  if (options.quiet && results.every(({ verdict }) => verdict === 'succeeded')) return;
  printError(summarise(results, naming, elapsedMs, false));
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
