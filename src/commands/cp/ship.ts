import { copyTree, placeInto, skipSame, type Name, type Report } from '../../lib/copy/index.ts';
import { findSame, pairOf, verifyCopy, type Same } from './compare.ts';
import type { Destination } from './inspect.ts';
import type { JobMemory } from './job-memory.ts';
import { openReader, openWriter } from './open-ends.ts';
import { reportTo, type Session } from './session.ts';
import type { Item, Shipment } from './shipments.ts';

/** What is at the destination of all that a job has copied so far. */
export interface Arrived {
  files: number;
  bytes: number;
  /** Bytes of files that are not whole. */
  kept: number;
}

/** How many files, directories and links were not copied, of all that there were. */
export interface Counts {
  readonly failed: number;
  readonly seen: number;
}

export interface Shipping {
  readonly session: Session;
  readonly memory: JobMemory;
  readonly arrived: Arrived;
}

/** Copies a shipment. Rejects with what concerns all of it; what concerns one path is said and counted. */
export async function ship(
  shipment: Shipment,
  to: Destination,
  { session, memory, arrived: total }: Shipping,
): Promise<Counts> {
  const { items, at, isForest } = shipment;
  const { update, checksum, resume } = session.options;
  const itemOf = findItem(shipment);
  let [failed, seen] = [0, 0];
  /** What was copied or is there already, of each item. */
  const arrived = new Map(items.map((item) => [item, new Set<Name>()]));
  const same = new Map<Item, Same>();
  const leftOut: Name[] = [];
  for (const item of update ? items : []) {
    const pair = pairOf(item.source, to, item.at);
    if (pair === undefined) continue;
    const found = await findSame(pair, session);
    same.set(item, found);
    for (const path of found.selection?.leftOut ?? []) {
      arrived.get(item)?.add(path);
      leftOut.push(placeInto(item.into, path));
    }
  }
  const reports = items.map(({ source }) =>
    reportTo(session, source.label, () => {
      failed++;
      seen++;
    }),
  );
  const report: Report = (problem) => {
    const { item, within } = itemOf(problem.path);
    reports[items.indexOf(item)]?.({ ...problem, path: within });
  };
  const all = openReader(shipment, session, report, (item) => same.get(item)?.selection?.send);
  const isSame: Same['isSame'] = (file) => {
    const { item, within } = itemOf(file.path);
    return same.get(item)?.isSame({ ...file, path: within }) === true;
  };
  const arrive = (path: Name): void => {
    const { item, within } = itemOf(path);
    arrived.get(item)?.add(within);
  };
  const reader = same.size > 0 ? skipSame(all, isSame, ({ path }) => arrive(path)) : all;
  const { mark, marks, wasAbsent } = memory;
  const writer = openWriter(
    to,
    {
      shipment,
      preserve: session.options.preserve && items.every(({ source }) => source.side !== 'stdio'),
      report: reportTo(session, to.label(at), () => failed++),
      mark,
      ...(resume ? { resume: { marks, leftOut, made: wasAbsent } } : {}),
    },
    session,
  );
  const follow = session.tally.follow(isForest ? '' : (items[0]?.source.label ?? ''), sizeOf(items));
  const stored = { files: 0, bytes: 0 };
  await copyTree(reader, writer, {
    onEntry: (entry) => {
      session.count(entry);
      seen++;
      if (entry.kind === 'file') {
        arrive(entry.path);
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
  for (const item of checksum && failed === 0 ? items : []) {
    const pair = pairOf(item.source, to, item.at);
    if (pair) await verifyCopy(pair, arrived.get(item) ?? [], session);
  }
  return { failed, seen };
}

/** Tells which item a path of the tree is of, and where in it. What is of none is taken for the first. */
function findItem({ items, isForest }: Shipment): (path: Name) => { readonly item: Item; readonly within: Name } {
  const [first] = items as readonly [Item];
  const byName = new Map(items.map((item) => [item.into, item]));
  return (path) => {
    if (!isForest) return { item: first, within: path };
    const slash = path.indexOf('/');
    const item = byName.get(slash === -1 ? path : path.slice(0, slash));
    if (item === undefined) return { item: first, within: path };
    return { item, within: slash === -1 ? '' : path.slice(slash + 1) };
  };
}

/** Bytes of items that are files, where all of them are known. */
function sizeOf(items: readonly Item[]): number | undefined {
  return items.reduce<number | undefined>(
    (sum, { source: { size } }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
}

function add(total: Arrived, { files, bytes }: Pick<Arrived, 'files' | 'bytes'>, kept = 0): void {
  total.files += files;
  total.bytes += bytes;
  total.kept += kept;
}
