import { posix } from 'node:path';
import { copyTree, emptyBody, planCopy, type Entry, type Name, type TreeReader } from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';
import { print } from '../../lib/terminal/index.ts';
import { inspectJob, type Destination, type Source } from './inspect.ts';
import type { Job } from './jobs.ts';
import { pairOf, verifyCopy, withoutSame } from './compare.ts';
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

/** Looks at both ends, decides what goes where, and copies. Nothing is copied before every source has been found. */
export async function runJob(job: Job, session: Session): Promise<Outcome> {
  const { sources, destination } = await inspectJob(job, session);
  const facts = sources.map(({ fact }) => fact);
  const { destinations, makes } = planCopy(facts, destination.fact);
  for (const [index, source] of sources.entries()) refuseSelf(source, destination, destinations[index] ?? '', session);
  if (session.options.dryRun) {
    const lines = sources.map(({ label }, index) => `${label} -> ${destination.label(destinations[index] ?? '')}\n`);
    print(lines.join(''));
    return { failed: 0, seen: 0 };
  }
  if (makes !== undefined && destination.side === 'remote') await makeDirectory(destination, makes, session);
  session.tally.expect(sources.length);
  let [failed, seen] = [0, 0];
  for (const [index, source] of sources.entries()) {
    const copied = await copyOne(source, destination, destinations[index] ?? '', session);
    failed += copied.failed;
    seen += copied.seen;
  }
  return { pod: job.pod, failed, seen };
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

async function copyOne(source: Source, to: Destination, destination: Name, session: Session): Promise<Outcome> {
  let [failed, seen] = [0, 0];
  const onUnread = (): void => {
    failed++;
    seen++;
  };
  const onUnwritten = (): void => {
    failed++;
  };
  const arrived = new Set<Name>();
  const { update, checksum } = session.options;
  const pair = pairOf(source, to, destination);
  const all = openReader(source, session, reportTo(session, source.label, onUnread));
  const reader = update && pair ? await withoutSame(all, pair, session, ({ path }) => arrived.add(path)) : all;
  const preserve = session.options.preserve && source.side !== 'stdio';
  const report = reportTo(session, to.label(destination), onUnwritten);
  const writer = openWriter(to, { destination, preserve, report }, session);
  const follow = session.tally.follow(source.label, source.size);
  await copyTree(reader, writer, {
    onEntry: (entry) => {
      session.count(entry);
      seen++;
      if (entry.kind === 'file') arrived.add(entry.path);
      follow.onEntry(entry);
    },
    onBytes: (count) => follow.onBytes(count),
  });
  if (checksum && pair && failed === 0) await verifyCopy(pair, arrived, session);
  return { failed, seen };
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
