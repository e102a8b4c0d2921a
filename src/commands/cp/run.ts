import { readFileSync } from 'node:fs';
import type { CommandContext } from '../../base-command.ts';
import { countEntries, createFilter } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { fanout } from '../../lib/fanout/index.ts';
import { connect } from '../../lib/kube/index.ts';
import { openRuns } from '../../lib/state/index.ts';
import { printError } from '../../lib/terminal/index.ts';
import { apiserverTransport, targetingTransport } from '../../lib/transport/index.ts';
import { runJob, type Outcome } from './copy-job.ts';
import { findJobs, type FailedJob, type Job } from './jobs.ts';
import type { CopyOptions } from './options.ts';
import { alsoToNodes } from './node-transport.ts';
import { startDisplay, type Display } from './progress.ts';
import { readRequest, type CopyRequest } from './request.ts';
import type { Session } from './session.ts';
import { createStandIns } from './stand-in.ts';
import { readerGone, spoolStdin } from './stdio.ts';
import { createTally } from './tally.ts';

/** Copies, and gives the exit code. Rejects with what kept the copy from being whole. */
export async function runCopy(options: CopyOptions, context: CommandContext): Promise<number> {
  const request = readRequest(options);
  const filter = createFilter({ ...options, excludeFrom: options.excludeFrom.map(readPatterns) });
  let display: Display | undefined;
  const say = (line: string): void => {
    if (display === undefined) printError(`${line}\n`);
    else display.say(line);
  };
  const { signal } = context;
  const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
  const jobs = await findJobs(api, request, options, signal, say);
  const pods = targetingTransport(apiserverTransport(api), api, options.quiet, say);
  const log = (level: number, line: string): void => context.log(level, line);
  const { transport, close: closeNodes } = alsoToNodes(pods, api, options, { signal, say, log });
  const needsSpool = request.sources.some(({ side }) => side === 'stdio') && !options.dryRun;
  const spool = needsSpool ? await spoolStdin(signal) : undefined;
  const tally = createTally(performance.now());
  const { helperImage: image, podRunningTimeout: podTimeoutMs } = options;
  const standIn = createStandIns({ api, transport: pods, image, podTimeoutMs, signal, say });
  const session: Session = {
    ...{ options, transport, standIn, filter, tally, signal, say, spool },
    namespace: api.namespace,
    server: api.server,
    runs: openRuns('cp', process.env),
    count: countEntries(options),
    log: (line) => context.log(1, line),
  };
  let copied = false;
  try {
    // Lines of -v would break the line of progress.
    const isSilent = options.quiet || options.dryRun || (options.progress === 'auto' && context.isVerbose(1));
    display = await startDisplay(isSilent ? 'none' : options.progress, tally);
    const outcomes = await runJobs(jobs, session);
    copied = true;
    judge(outcomes, request, options.nodes === undefined ? 'pods' : 'nodes');
    return 0;
  } catch (error) {
    if (error === readerGone) return readerGone.exit;
    throw error;
  } finally {
    // One who is in a hurry would leave privileged pods for a minute.
    const undo = context.takeSignals(() => {});
    await closeNodes();
    undo();
    display?.end(copied);
    await spool?.close();
  }
}

function readPatterns(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new KxError('KX_USAGE', `cannot read the patterns of --exclude-from: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What became of a job: one of several that failed has been reported, and did not stop the others. */
type Ending = Outcome | { readonly pod: string };

async function runJobs(jobs: readonly (Job | FailedJob)[], session: Session): Promise<readonly Ending[]> {
  const { signal, options, say } = session;
  const endings: Ending[] = [];
  const runOne = (job: Job | FailedJob): Promise<Outcome> =>
    'error' in job ? Promise.reject(job.error) : runJob(job, session);
  // Whoever is canceled cleans up first: the window waits for all that it has launched.
  for await (const ended of fanout(jobs, runOne, { parallelism: options.parallelism, signal })) {
    if (ended.kind === 'done') endings.push(ended.value);
    if (ended.kind !== 'error') continue;
    const { pod } = ended.target;
    if (pod === undefined) throw ended.error;
    const { message, code, hint } = ended.error;
    say(`error: ${pod}: ${message} [${code}]${hint === undefined ? '' : `; ${hint}`}`);
    endings.push({ pod });
  }
  signal.throwIfAborted();
  return endings;
}

/** Throws KX_COPY_INCOMPLETE unless everything was copied everywhere. */
function judge(endings: readonly Ending[], { every }: CopyRequest, what: 'pods' | 'nodes'): void {
  const pods = endings.flatMap((ending) =>
    'failed' in ending ? (ending.failed > 0 ? [ending.pod ?? ''] : []) : [ending.pod],
  );
  if (pods.length === 0) return;
  if (every !== undefined) {
    throw incomplete(`${pods.length} of ${endings.length} ${what} failed: ${pods.sort().join(', ')}`);
  }
  const [failed, seen] = endings.reduce<[number, number]>(
    ([a, b], ending) => ('failed' in ending ? [a + ending.failed, b + ending.seen] : [a, b]),
    [0, 0],
  );
  throw incomplete(`${failed} of ${seen} files and directories were not copied`);
}

function incomplete(message: string): KxError {
  return new KxError('KX_COPY_INCOMPLETE', message, { ran: 'yes', hint: 'the lines above say why' });
}
