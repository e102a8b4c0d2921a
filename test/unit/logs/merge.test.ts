import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  createMergeWindow,
  limitLines,
  mergeLogs,
  parseMoment,
  readAhead,
  type LogBatch,
  type LogLine,
} from '../../../src/lib/logs/index.ts';
import { line, linesOf, textsOf } from './support.ts';

async function* logOf(...batches: readonly LogBatch[]): AsyncGenerator<LogBatch, undefined> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

describe('logs that are merged', () => {
  test('give their lines in the order of time; of the same time the earlier log comes first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.array(fc.nat(30), { minLength: 1 }))), async (logs) => {
        const all = logs.map((batches, order) => {
          const sorted = batches.flat().sort((a, b) => a - b);
          let from = 0;
          return batches.map((batch) =>
            sorted.slice(from, (from += batch.length)).map((nano) => line(nano, String(order))),
          );
        });
        const merged = await linesOf(mergeLogs(all.map((log) => logOf(...log))));
        const expected = all.flatMap((log) => log.flat()).sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
        assert.deepEqual(merged, expected);
      }),
      { numRuns: 50 },
    );
  });

  test('keep the pieces of a line together', async () => {
    const long = [line(1, 'a', 'piece'), line(1, 'b', 'piece'), line(1, 'c')];
    const merged = mergeLogs([logOf([line(0, '0')], [long[0] as LogLine], long.slice(1)), logOf([line(1, 'other')])]);
    assert.deepEqual(await textsOf(merged), ['0', 'a', 'b', 'c', 'other']);
  });

  test('are ended when nobody reads them any more, or one fails', async () => {
    let ended = 0;
    async function* endless(): AsyncGenerator<LogBatch, undefined> {
      try {
        for (let nano = 0; ; nano++) yield await Promise.resolve([line(nano)]);
      } finally {
        ended += 1;
      }
    }
    for await (const batch of mergeLogs([endless(), endless()])) if (batch.length > 0) break;
    assert.equal(ended, 2);
    async function* broken(): AsyncGenerator<LogBatch, undefined> {
      await Promise.resolve();
      throw new Error('broken');
    }
    await assert.rejects(textsOf(mergeLogs([endless(), broken()])), /broken/);
    assert.equal(ended, 3);
  });

  test('may be more than are open at once, as long as they are short', async () => {
    let open = 0;
    let most = 0;
    async function* one(order: number): AsyncGenerator<LogBatch, undefined> {
      most = Math.max(most, ++open);
      yield await Promise.resolve([line(order, String(order))]);
      open -= 1;
    }
    const { logs, unopened } = await readAhead(
      Array.from({ length: 20 }, (_, order) => one(20 - order)),
      3,
    );
    assert.equal(unopened, 0);
    assert.equal(most, 3);
    assert.deepEqual(
      await textsOf(mergeLogs(logs)),
      Array.from({ length: 20 }, (_, order) => String(order + 1)),
    );
  });

  test('are too many when long ones hold every place', async () => {
    let ended = 0;
    async function* long(): AsyncGenerator<LogBatch, undefined> {
      try {
        for (;;) yield await Promise.resolve([line(1, 'x'.repeat(1 << 20))]);
      } finally {
        ended += 1;
      }
    }
    assert.deepEqual(await readAhead(Array.from({ length: 40 }, long), 2), { logs: [], unopened: 38 });
    assert.equal(ended, 2);
  });
});

describe('followed lines that wait a little', () => {
  test('come in the order of time within the window', () => {
    let now = 0;
    const window = createMergeWindow(100, () => now);
    window.add([line(2, 'b'), line(5, 'e')]);
    now = 60;
    window.add([line(1, 'a'), line(4, 'd'), line(9, 'z')]);
    assert.deepEqual(window.take(), []);
    now = 110;
    assert.deepEqual(
      window.take().map(({ bytes }) => bytes.toString()),
      ['a', 'b', 'd', 'e'],
    );
    // What a line takes besides its bytes counts, too: many short ones are much.
    assert.ok(window.size > 100);
    assert.deepEqual(
      window.take(true).map(({ bytes }) => bytes.toString()),
      ['z'],
    );
    assert.equal(window.size, 0);
  });
});

describe('a part of a log', () => {
  const log = (): AsyncIterable<LogBatch, undefined> =>
    logOf([line(1, 'a'), line(2, 'b')], [line(3, 'c'), line(0, 'd', 'line-feed', 8), line(0, 'e', 'line-feed', 9)]);
  const size = ({ bytes }: LogLine): number => bytes.length + 1;

  test('ends at a time, after some lines, or some bytes', async () => {
    assert.deepEqual(await textsOf(limitLines(log(), { until: parseMoment(line(3).at) }, size)), ['a', 'b', 'c']);
    assert.deepEqual(await textsOf(limitLines(log(), { head: 2 }, size)), ['a', 'b']);
    assert.deepEqual(await textsOf(limitLines(log(), { head: 0 }, size)), []);
    assert.deepEqual(await textsOf(limitLines(log(), { bytes: 5 }, size)), ['a', 'b', 'c']);
    const exact = await linesOf(limitLines(log(), { bytes: 4 }, size));
    assert.deepEqual(
      exact.map(({ end }) => end),
      ['line-feed', 'line-feed'],
    );
  });

  test('can be the last lines before a time', async () => {
    assert.deepEqual(await textsOf(limitLines(log(), { until: parseMoment(line(3).at), tail: 2 }, size)), ['b', 'c']);
    assert.deepEqual(await textsOf(limitLines(log(), { tail: 1 }, size)), ['e']);
  });
});
