import { sizeOf, type LogBatch } from './line.ts';

/** Some logs, opened so that all of them can be merged. */
export interface Ahead {
  readonly logs: readonly AsyncIterable<LogBatch, undefined>[];
  /** How many logs could not be opened: `most` others are open and longer than what is held of each. */
  readonly unopened: number;
}

/** What is held of all logs together, and of each at least, in bytes. */
const held = { all: 64 << 20, each: 16 << 10 };

/**
 * Opens logs, `most` at a time. One that ends within what is held of each makes room for the next; a longer one stays open,
 * at the pace of who reads it.
 */
export async function readAhead(logs: readonly AsyncIterable<LogBatch, undefined>[], most: number): Promise<Ahead> {
  if (logs.length <= most) return { logs, unopened: 0 };
  const share = Math.max(held.each, Math.floor(held.all / logs.length));
  const opened: (AsyncIterable<LogBatch, undefined> | undefined)[] = logs.map(() => undefined);
  /** Those that stay open. */
  const open: AsyncIterator<LogBatch, undefined>[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let place = next++; place < logs.length; place = next++) {
      const log = logs[place];
      if (log === undefined) return;
      const lines = log[Symbol.asyncIterator]();
      const { batches, isOver } = await readSome(lines, share);
      opened[place] = goOn(batches, isOver ? undefined : lines);
      if (isOver) continue;
      open.push(lines);
      return;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: most }, work));
  const there = opened.filter((log) => log !== undefined);
  const failed = results.find((result) => result.status === 'rejected');
  const unopened = logs.length - there.length;
  if (failed === undefined && unopened === 0) return { logs: there, unopened };
  await Promise.allSettled(open.map(async (lines) => lines.return?.()));
  if (failed !== undefined) throw failed.reason;
  return { logs: [], unopened };
}

async function readSome(lines: AsyncIterator<LogBatch, undefined>, share: number) {
  const batches: LogBatch[] = [];
  for (let size = 0; size < share;) {
    const next = await lines.next();
    if (next.done === true) return { batches, isOver: true };
    batches.push(next.value);
    for (const line of next.value) size += sizeOf(line) + 100;
  }
  return { batches, isOver: false };
}

async function* goOn(
  batches: LogBatch[],
  rest: AsyncIterator<LogBatch, undefined> | undefined,
): AsyncGenerator<LogBatch, undefined> {
  try {
    while (batches[0] !== undefined) {
      yield batches[0];
      batches.shift();
    }
    for (;;) {
      const next = await rest?.next();
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest?.return?.();
  }
}
