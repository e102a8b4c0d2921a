import { lstatSync } from 'node:fs';
import { baseName, type Name, type Plan } from '../../lib/copy/index.ts';
import type { Destination, Source } from './inspect.ts';

/** A source, and what becomes of it. */
export interface Item {
  readonly source: Source;
  /** What it is in the tree that is copied; '': all of it. */
  readonly into: Name;
  /** What it becomes at the destination. */
  readonly at: Name;
}

/** What is copied as one tree, by one reader and one writer. */
export interface Shipment {
  /** What the root of the tree becomes. */
  readonly at: Name;
  readonly items: readonly Item[];
  /** The items stand side by side in the root, which is a directory; else there is one, and it is the root. */
  readonly isForest: boolean;
}

/**
 * Divides the sources of a job. Those that go into one directory are one shipment. By themselves, before them, go contents
 * of a directory, which have no name in it, and what goes through a symlink of this machine that is there by now.
 */
export function divide(sources: readonly Source[], plan: Plan, to: Destination): readonly Shipment[] {
  const { directory } = plan;
  const items = sources.map((source, index) => {
    const into = directory === undefined ? '' : baseName(source.fact);
    return { source, into, at: plan.destinations[index] ?? '' };
  });
  const isAlone = ({ into, at }: Item): boolean => into === '' || (to.side === 'local' && !isPlain(at));
  const alone = items.filter(isAlone).map((item) => ({ at: item.at, items: [{ ...item, into: '' }], isForest: false }));
  // What their contents bring is none of what was there.
  alone.sort((one, other) => Number(one.at === directory) - Number(other.at === directory));
  const rest = items.filter((item) => !isAlone(item));
  return directory === undefined || rest.length === 0
    ? alone
    : [...alone, { at: directory, items: rest, isForest: true }];
}

/** Nothing, a file or a directory. */
function isPlain(at: Name): boolean {
  const found = lstatSync(Buffer.from(at, 'latin1'), { throwIfNoEntry: false });
  return found === undefined || found.isFile() || found.isDirectory();
}
