import type { Entry, Name, TreeReader } from './entry.ts';
import type { Filter } from './filter.ts';
import type { Listing } from './listing.ts';
import type { Sums } from './sums.ts';

/** Whether a file need not be copied, as the destination has it already. */
export type IsSame = (file: Pick<Entry, 'path' | 'size' | 'mtime'>) => boolean;

/** The same size and the same whole second of the last change. */
export function sameByTime(there: Listing): IsSame {
  return ({ path, size, mtime }) => {
    const listed = there.get(path);
    return listed?.kind === 'file' && listed.size === size && listed.mtime === Math.floor(mtime);
  };
}

/** The same SHA-256. */
export function sameBySum(here: Sums, there: Sums): IsSame {
  return ({ path }) => here.get(path) !== undefined && here.get(path) === there.get(path);
}

/** What of a tree is to be sent, in the order of its listing; what no copy takes is in neither list. */
export interface Selection {
  readonly send: readonly Name[];
  /** Files that need not be copied. */
  readonly leftOut: readonly Name[];
}

/**
 * Divides a tree by what the destination has. Directories and links are always sent, and so is every name of a file of
 * which one is: a later one could not be a hard link to what was not sent.
 */
export function selectFrom(listing: Listing, isSame: IsSame, filter: Filter): Selection {
  const taken = [...listing].filter(([path, { kind }]) => kind !== 'other' && filter(path, kind === 'directory'));
  const differs = ([path, listed]: (typeof taken)[number]): boolean =>
    listed.kind !== 'file' || !isSame({ path, ...listed });
  const inodes = new Set(taken.filter(differs).map(([, { inode }]) => inode));
  const isSent = (each: (typeof taken)[number]): boolean =>
    differs(each) || (each[1].inode !== undefined && inodes.has(each[1].inode));
  const names = (part: typeof taken): Name[] => part.map(([path]) => path);
  return { send: names(taken.filter(isSent)), leftOut: names(taken.filter((each) => !isSent(each))) };
}

/** The reader without the files that need not be copied; `onSkip` is told of each. */
export function skipSame(reader: TreeReader, isSame: IsSame, onSkip: (entry: Entry) => void): TreeReader {
  return {
    async *entries() {
      for await (const entry of reader.entries()) {
        if (entry.kind === 'file' && isSame(entry)) onSkip(entry);
        else yield entry;
      }
    },
  };
}
