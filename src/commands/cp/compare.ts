import {
  compareSums,
  listLocalTree,
  listRemoteTree,
  mismatch,
  sameBySum,
  sameByTime,
  selectFrom,
  sumLocalTree,
  sumRemoteTree,
  toName,
  type IsSame,
  type Listing,
  type Name,
  type Selection,
  type Sums,
} from '../../lib/copy/index.ts';
import type { Target } from '../../lib/target/index.ts';
import type { Destination, Source } from './inspect.ts';
import { endOf, reportTo, type Session } from './session.ts';

/** A tree that can be looked at as often as one likes; `target` is the container that it is in. */
interface Tree {
  readonly at: Name;
  readonly target: Target | undefined;
}

/** The two ends of a copy that can be compared. */
export interface Pair {
  readonly source: Tree;
  readonly destination: Tree;
  /** The destination, for messages. */
  readonly label: string;
}

/** The ends of a copy; undefined where one of them is a pipe, which can be read only once. */
export function pairOf(source: Source, to: Destination, destination: Name): Pair | undefined {
  if (source.side === 'stdio' || to.side === 'stdio') return undefined;
  return {
    source:
      source.side === 'remote'
        ? { at: source.at, target: source.target }
        : { at: toName(source.path), target: undefined },
    destination: { at: destination, target: to.side === 'remote' ? to.target : undefined },
    label: to.label(destination),
  };
}

/** What of a source the destination has already. */
export interface Same {
  readonly isSame: IsSame;
  /** What a container need not send, and what it is to send; undefined: everything, for it cannot be listed exactly. */
  readonly selection?: Selection | undefined;
}

/** Compares the ends before anything is copied: by size and time, or with --checksum by what is in the files. */
export async function findSame({ source, destination }: Pair, session: Session): Promise<Same> {
  let isSame: IsSame;
  if (session.options.checksum) {
    const there = await sumTree(destination, session);
    if (there.size === 0) return { isSame: () => false };
    isSame = sameBySum(await sumTree(source, session), there);
  } else {
    const there = await listTree(destination, session);
    if (there.size === 0) return { isSame: () => false };
    isSame = sameByTime(there);
  }
  if (source.target === undefined) return { isSame };
  const { listing, exact } = await listRemoteTree(endOf(source.target, session), source.at);
  return { isSame, selection: exact ? selectFrom(listing, isSame, session.filter) : undefined };
}

/** Compares the files at both ends, and rejects with KX_COPY_MISMATCH when they differ. */
export async function verifyCopy(
  { source, destination, label }: Pair,
  paths: Iterable<Name>,
  session: Session,
): Promise<void> {
  const [from, to] = [await sumTree(source, session), await sumTree(destination, session)];
  const report = reportTo(session, label, () => {});
  const different = compareSums(paths, from, to, report);
  if (different > 0) throw mismatch(different);
}

function sumTree({ at, target }: Tree, session: Session): Promise<Sums> {
  return target === undefined ? sumLocalTree(at) : sumRemoteTree(endOf(target, session), at);
}

async function listTree({ at, target }: Tree, session: Session): Promise<Listing> {
  return target === undefined ? listLocalTree(at) : (await listRemoteTree(endOf(target, session), at)).listing;
}
