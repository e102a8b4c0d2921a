import {
  compareSums,
  listLocalTree,
  listRemoteTree,
  mismatch,
  sameBySum,
  sameByTime,
  skipSame,
  sumLocalTree,
  sumRemoteTree,
  type Entry,
  type Listing,
  type Name,
  type Sums,
  type TreeReader,
} from '../../lib/copy/index.ts';
import type { Destination, Source } from './inspect.ts';
import { endOf, reportTo, type Session } from './session.ts';

/** One source and what it becomes. */
export interface Pair {
  readonly source: Source;
  readonly to: Destination;
  readonly destination: Name;
}

/** With `--update` the reader without the files that are there already, of which `onSkip` is told; else the reader. */
export async function withoutSame(
  reader: TreeReader,
  pair: Pair,
  session: Session,
  onSkip: (entry: Entry) => void,
): Promise<TreeReader> {
  const { update, checksum } = session.options;
  if (!update || pair.to.side === 'stdio' || pair.source.side === 'stdio') return reader;
  const isSame = checksum
    ? sameBySum(await sumsOfSource(pair.source, session), await sumsOfDestination(pair, session))
    : sameByTime(await listDestination(pair, session));
  return skipSame(reader, isSame, onSkip);
}

/** Compares the files at both ends, and rejects with KX_COPY_MISMATCH when they differ. */
export async function verifyCopy(pair: Pair, paths: Iterable<Name>, session: Session): Promise<void> {
  const from = await sumsOfSource(pair.source, session);
  const to = await sumsOfDestination(pair, session);
  const label = pair.to.label(pair.destination);
  const different = compareSums(
    paths,
    from,
    to,
    reportTo(session, label, () => {}),
  );
  if (different > 0) throw mismatch(different);
}

function sumsOfSource(source: Source, session: Session): Promise<Sums> {
  if (source.side === 'remote') return sumRemoteTree(endOf(source.target, session), source.at);
  return sumLocalTree(source.side === 'local' ? source.path : '');
}

function sumsOfDestination({ to, destination }: Pair, session: Session): Promise<Sums> {
  if (to.side === 'remote') return sumRemoteTree(endOf(to.target, session), destination);
  return sumLocalTree(textOf(destination));
}

async function listDestination({ to, destination }: Pair, session: Session): Promise<Listing> {
  if (to.side === 'remote') return listRemoteTree(endOf(to.target, session), destination);
  return listLocalTree(textOf(destination));
}

function textOf(name: Name): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}
