import { posix } from 'node:path';
import { isLoss, planCopy, type Name } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { print } from '../../lib/terminal/index.ts';
import { formatBytes } from './amounts.ts';
import { inspectJob, type Destination, type Source } from './inspect.ts';
import { recallJob } from './job-memory.ts';
import type { Job } from './jobs.ts';
import type { Session } from './session.ts';
import { ship, type Arrived, type Counts } from './ship.ts';
import { divide } from './shipments.ts';

/** What a job has copied. */
export interface Outcome extends Counts {
  readonly pod?: string | undefined;
}

/** Looks at both ends, decides what goes where, and copies. Nothing is copied before every source has been found. */
export async function runJob(job: Job, session: Session): Promise<Outcome> {
  const memory = recallJob(job, session);
  const { sources, destination } = await inspectJob(job, session);
  const facts = sources.map(({ fact }) => fact);
  const there = destination.fact;
  const isAbsent = there.kind === 'absent' || (there.kind === 'directory' && memory.wasAbsent);
  const plan = planCopy(facts, isAbsent ? { ...there, kind: 'absent' } : there);
  const { destinations } = plan;
  for (const [index, source] of sources.entries()) refuseSelf(source, destination, destinations[index] ?? '', session);
  if (session.options.dryRun) {
    const lines = sources.map(({ label }, index) => `${label} -> ${destination.label(destinations[index] ?? '')}\n`);
    print(lines.join(''));
    return { failed: 0, seen: 0 };
  }
  memory.begin(isAbsent && facts.some(({ kind }) => kind === 'directory'));
  const arrived: Arrived = { files: 0, bytes: 0, kept: 0 };
  try {
    const shipments = divide(sources, plan, destination);
    session.tally.expect(shipments.length);
    let [failed, seen] = [0, 0];
    for (const shipment of shipments) {
      const shipped = await ship(shipment, destination, { session, memory, arrived });
      failed += shipped.failed;
      seen += shipped.seen;
    }
    if (failed === 0) memory.done();
    return { pod: job.pod, failed, seen };
  } catch (error) {
    session.runs.prune();
    throw isLoss(error) && destination.side !== 'stdio' ? withWayOn(error, arrived) : error;
  }
}

/** The error of a lost connection, with what there is, and how to go on. */
function withWayOn(error: KxError, { files, bytes, kept }: Arrived): KxError {
  const whole = files === 0 ? [] : [`${files} ${files === 1 ? 'file' : 'files'} (${formatBytes(bytes)})`];
  const parts = kept === 0 ? [] : [`${formatBytes(kept)} of what is not whole`];
  const arrived = [...whole, ...parts].join(' and ') || 'nothing';
  const { code, message, ran, exit } = error;
  // What may run on in the container is none of the user's.
  const former = code === 'KX_CONNECTION_LOST' ? /incomplete: .*/.exec(error.hint ?? '')?.[0] : error.hint;
  const way = `${arrived} arrived; the same command with --resume goes on`;
  return new KxError(code, message, { ran, exit, cause: error, hint: [former, way].filter(Boolean).join('; ') });
}

/** A directory that is copied into itself has no end. Only names are compared, so a symlink can hide it. */
function refuseSelf(source: Source, to: Destination, destination: Name, { transport }: Session): void {
  if (source.side !== 'remote' || to.side !== 'remote') return;
  const [from, into] = [transport.chosen(source.target), transport.chosen(to.target)];
  if (from.namespace !== into.namespace || from.pod !== into.pod || from.container !== into.container) return;
  const [path, target] = [source.at, destination].map((name) => `${posix.resolve('/', name)}/`.replace('//', '/'));
  // Relative names are relative to the same directory, but not to the root.
  if (path === undefined || !target?.startsWith(path) || source.at.startsWith('/') !== destination.startsWith('/'))
    return;
  throw new KxError('KX_USAGE', `cannot copy ${source.label} to itself, ${to.label(destination)}`);
}
