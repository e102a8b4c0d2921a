import type { Entry, TreeReader } from './entry.ts';
import type { Listing } from './listing.ts';
import type { Sums } from './sums.ts';

/** Whether a file need not be copied, as the destination has it already. */
export type IsSame = (entry: Entry) => boolean;

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
