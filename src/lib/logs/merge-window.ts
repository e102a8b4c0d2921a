import { sizeOf, type LogBatch, type LogLine } from './line.ts';
import { compareTimestamps } from './timestamp.ts';

/** Lines of followed logs, put in the order of their timestamps as far as they come within a short time. */
export interface MergeWindow {
  add(batch: LogBatch): void;
  /** Bytes that the lines that wait take in memory, roughly. */
  readonly size: number;
  /** The lines whose time to wait is over, and all that are older than these by their timestamps; `all`: every line. */
  take(all?: boolean): LogLine[];
}

/** What a line takes in memory besides its bytes. */
const cost = 256;

interface Waiting {
  readonly line: LogLine;
  /** Of the line, or of the one that it is a piece of. */
  readonly at: string;
  readonly arrived: number;
}

/** `now` gives milliseconds that never go back. */
export function createMergeWindow(milliseconds: number, now: () => number = () => performance.now()): MergeWindow {
  let waiting: Waiting[] = [];
  let size = 0;
  return {
    add(batch) {
      const arrived = now();
      for (const line of batch) {
        waiting.push({ line, at: line.at, arrived });
        size += sizeOf(line) + cost;
      }
    },
    get size() {
      return size;
    },
    take(all = false) {
      if (waiting.length === 0) return [];
      const limit = now() - milliseconds;
      let until: string | undefined;
      for (const { at, arrived } of waiting) {
        if (!all && arrived > limit) break;
        if (until === undefined || compareTimestamps(at, until) > 0) until = at;
      }
      if (until === undefined) return [];
      const last = until;
      // Stable: lines of one time stay as they came, and so do the pieces of a line.
      const due = waiting.filter(({ at }) => compareTimestamps(at, last) <= 0);
      waiting = waiting.filter(({ at }) => compareTimestamps(at, last) > 0);
      due.sort((a, b) => compareTimestamps(a.at, b.at));
      for (const { line } of due) size -= sizeOf(line) + cost;
      return due.map(({ line }) => line);
    },
  };
}
