import type { LogBatch, LogLine } from './line.ts';
import { compareTimestamps } from './timestamp.ts';

/** A log that takes part in a merge, at its next line. */
interface Head {
  readonly lines: AsyncIterator<LogBatch, undefined>;
  /** Its place among the logs: of lines of the same time the earlier log comes first. */
  readonly order: number;
  batch: LogBatch;
  next: number;
}

/** So many lines are given on at once. */
const mostLines = 512;

/**
 * Lines of several logs, each in order, in the order of their timestamps. Waits for the next line of every log, so nothing
 * of a log is given before all others came as far; memory is one batch of each. Pieces of a line stay together.
 *
 * Throws what the first log throws that fails, and ends the others.
 */
export async function* mergeLogs(
  logs: readonly AsyncIterable<LogBatch, undefined>[],
): AsyncGenerator<LogBatch, undefined> {
  const iterators = logs.map((log) => log[Symbol.asyncIterator]());
  try {
    const begun = await Promise.all(iterators.map((lines, order) => beginHead(lines, order)));
    const heap = begun.filter((head) => head !== undefined).sort(compareHeads);
    let out: LogLine[] = [];
    for (let head = heap[0]; head !== undefined; head = heap[0]) {
      const line = head.batch[head.next++];
      if (line === undefined) throw new Error('a batch has no line');
      out.push(line);
      const isWithin = line.end === 'piece';
      if (head.next >= head.batch.length) {
        // Reading may take long: what there is goes out first.
        if (out.length > 0) yield out;
        out = [];
        const following = await head.lines.next();
        if (following.done === true) removeFirst(heap);
        else [head.batch, head.next] = [following.value, 0];
      }
      if (!isWithin) siftDown(heap);
      if (out.length < mostLines) continue;
      yield out;
      out = [];
    }
  } finally {
    await Promise.allSettled(iterators.map(async (lines) => lines.return?.()));
  }
}

async function beginHead(lines: AsyncIterator<LogBatch, undefined>, order: number): Promise<Head | undefined> {
  const begun = await lines.next();
  return begun.done === true ? undefined : { lines, order, batch: begun.value, next: 0 };
}

function compareHeads(a: Head, b: Head): number {
  return compareTimestamps(a.batch[a.next]?.at ?? '', b.batch[b.next]?.at ?? '') || a.order - b.order;
}

function removeFirst(heap: Head[]): void {
  const last = heap.pop();
  if (last !== undefined && heap.length > 0) heap[0] = last;
}

/** Puts the first of the heap, which has changed, where it belongs. */
function siftDown(heap: Head[]): void {
  const moved = heap[0];
  if (moved === undefined) return;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    let smaller = left;
    if (smaller === undefined) break;
    if (right !== undefined && compareHeads(right, smaller) < 0) {
      smaller = right;
      child += 1;
    }
    if (compareHeads(smaller, moved) >= 0) break;
    heap[place] = smaller;
    place = child;
  }
  heap[place] = moved;
}
