import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createByteSink } from '../../../src/lib/render/index.ts';

test('a sink gives what was put, each time anew, and leaves what was taken alone', () => {
  const part = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
  const round = fc.array(fc.tuple(part, fc.nat(3000)));
  fc.assert(
    fc.property(fc.array(round, { maxLength: 5 }), (rounds) => {
      const sink = createByteSink();
      const expected: Buffer[] = [];
      const taken: Buffer[] = [];
      for (const parts of rounds) {
        for (const [bytes, from] of parts) {
          sink.push(bytes);
          sink.pushPart(bytes, Math.min(from, bytes.length), bytes.length);
        }
        expected.push(Buffer.concat(parts.flatMap(([bytes, from]) => [bytes, bytes.subarray(from)])));
        assert.equal(sink.size, expected.at(-1)?.length);
        taken.push(sink.take());
        assert.equal(sink.size, 0);
      }
      assert.ok(taken.every((bytes, index) => bytes.equals(expected[index] ?? Buffer.alloc(0))));
    }),
  );
});
