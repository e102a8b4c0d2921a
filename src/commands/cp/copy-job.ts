import { posix } from 'node:path';
import {
  copyTree,
  emptyBody,
  isLoss,
  planCopy,
  skipSame,
  type Entry,
  type Name,
  type TreeReader,
} from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { print } from '../../lib/terminal/index.ts';
import { formatBytes } from './amounts.ts';
import { findSame, pairOf, verifyCopy } from './compare.ts';
import { inspectJob, type Destination, type Source } from './inspect.ts';
import { recallJob, type JobMemory } from './job-memory.ts';
import type { Job } from './jobs.ts';
import { openReader, openWriter } from './open-ends.ts';
import { reportTo, type Session } from './session.ts';

/** What a job has copied. */
export interface Outcome {
  readonly pod?: string | undefined;
  /** Files, directories and links that were not copied. */
  readonly failed: number;
  /** All that there were. */
  readonly seen: number;
}

/** What is at the destination of all that a job has copied so far. */
interface Arrived {
  files: number;
  bytes: number;
  /** Bytes of files that are not whole. */
  kept: number;
}

/** Looks at both ends, decides what goes where, and copies. Nothing is copied before every source has been found. */
export async function runJob(job: Job, session: Session): Promise<Outcome> {
  const memory = recallJob(job, session);
  const { sources, destination } = await inspectJob(job, session);
  const facts = sources.map(({ fact }) => fact);
  const there = destination.fact;
  const isAbsent = there.kind === 'absent' || (there.kind === 'directory' && memory.wasAbsent);
  const { destinations, makes } = planCopy(facts, isAbsent ? { ...there, kind: 'absent' } : there);
  for (const [index, source] of sources.entries()) refuseSelf(source, destination, destinations[index] ?? '', session);
  if (session.options.dryRun) {
    const lines = sources.map(({ label }, index) => `${label} -> ${destination.label(destinations[index] ?? '')}\n`);
    print(lines.join(''));
    return { failed: 0, seen: 0 };
  }
  memory.begin(isAbsent && facts.some(({ kind }) => kind === 'directory'));
  const arrived: Arrived = { files: 0, bytes: 0, kept: 0 };
  try {
    if (makes !== undefined && destination.side === 'remote') await makeDirectory(destination, makes, session);
    session.tally.expect(sources.length);
    let [failed, seen] = [0, 0];
    for (const [index, source] of sources.entries()) {
      const copied = await copyOne(source, destination, destinations[index] ?? '', { session, memory, arrived });
      failed += copied.failed;
      seen += copied.seen;
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

interface Copying {
  readonly session: Session;
  readonly memory: JobMemory;
  readonly arrived: Arrived;
}

async function copyOne(
  source: Source,
  to: Destination,
  destination: Name,
  { session, memory, arrived: total }: Copying,
): Promise<Outcome> {
  let [failed, seen] = [0, 0];
  const onUnread = (): void => {
    failed++;
    seen++;
  };
  const onUnwritten = (): void => {
    failed++;
  };
  const arrived = new Set<Name>();
  const { update, checksum, resume } = session.options;
  const pair = pairOf(source, to, destination);
  const same = update && pair ? await findSame(pair, session) : undefined;
  const { send, leftOut = [] } = same?.selection ?? {};
  for (const path of leftOut) arrived.add(path);
  const all = openReader(source, session, reportTo(session, source.label, onUnread), send);
  const reader = same ? skipSame(all, same.isSame, ({ path }) => arrived.add(path)) : all;
  const preserve = session.options.preserve && source.side !== 'stdio';
  const report = reportTo(session, to.label(destination), onUnwritten);
  const { mark, marks, wasAbsent } = memory;
  const goOn = resume ? { resume: { marks, leftOut, made: wasAbsent } } : {};
  const writer = openWriter(to, { destination, preserve, report, mark, ...goOn }, session);
  const follow = session.tally.follow(source.label, source.size);
  const stored = { files: 0, bytes: 0 };
  await copyTree(reader, writer, {
    onEntry: (entry) => {
      session.count(entry);
      seen++;
      if (entry.kind === 'file') {
        arrived.add(entry.path);
        stored.files++;
        stored.bytes += entry.size;
      }
      follow.onEntry(entry);
    },
    onBytes: (count) => follow.onBytes(count),
    onKept: (count) => follow.onKept(count),
    onStopped: (remains) => add(total, remains.stored, remains.kept),
  });
  add(total, stored);
  if (checksum && pair && failed === 0) await verifyCopy(pair, arrived, session);
  return { failed, seen };
}

function add(total: Arrived, { files, bytes }: Pick<Arrived, 'files' | 'bytes'>, kept = 0): void {
  total.files += files;
  total.bytes += bytes;
  total.kept += kept;
}

/** Makes a directory in a container, by a copy of one that is empty. */
async function makeDirectory(to: Destination, destination: Name, session: Session): Promise<void> {
  const report = ({ message }: { readonly message: string }): never => {
    throw new KxError('KX_COPY_DESTINATION', `cannot make ${to.label(destination)}: ${message}`);
  };
  const writer = openWriter(to, { destination, preserve: false, report }, session);
  await copyTree(emptyDirectory, writer, { onEntry: () => {}, onBytes: () => {} });
}

const emptyDirectory: TreeReader = {
  // eslint-disable-next-line @typescript-eslint/require-await
  async *entries(): AsyncGenerator<Entry> {
    const common = { uid: 0, gid: 0, size: 0, linkTarget: '', body: emptyBody };
    yield { path: '', kind: 'directory', mode: 0o777, mtime: Date.now() / 1000, ...common };
  },
};
