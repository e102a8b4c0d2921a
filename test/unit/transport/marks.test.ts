import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createMarkFilter } from '../../../src/lib/transport/marks.ts';

const nonce = 'kx-0123456789abcdef0123456789abcdef';

function run(chunks: readonly Buffer[]): { out: string; marks: ReturnType<typeof createMarkFilter>['marks'] } {
  const filter = createMarkFilter(nonce);
  const out = [...chunks.flatMap((chunk) => filter.take(chunk)), filter.flush()];
  return { out: Buffer.concat(out).toString('latin1'), marks: filter.marks };
}

suite('the mark filter', () => {
  test('takes out the start and the end and nothing else', () => {
    const { out, marks } = run([Buffer.from(`${nonce} start\none\ntwo${nonce} end 37\n`)]);
    assert.equal(out, 'one\ntwo');
    assert.equal(marks.started, true);
    assert.equal(marks.end, 37);
  });

  test('reads marks that a terminal ends with a carriage return', () => {
    const { out, marks } = run([Buffer.from(`${nonce} start\r\nx\r\n${nonce} end 0\r\n`)]);
    assert.equal(out, 'x\r\n');
    assert.equal(marks.end, 0);
  });

  test('keeps the message of a shell that could not start the command', () => {
    const { out, marks } = run([Buffer.from(`${nonce}: 1: exec: foo: not found\n`)]);
    assert.equal(out, '');
    assert.deepEqual(marks.messages, ['1: exec: foo: not found']);
  });

  test('gives back a beginning of the nonce that goes on differently, and an unfinished one at the end', () => {
    assert.equal(run([Buffer.from('a kx-0123'), Buffer.from('zz kx-01')]).out, 'a kx-0123zz kx-01');
  });

  test('does not hold back an endless line', () => {
    const long = Buffer.from(`${nonce}${'x'.repeat(70_000)}`);
    assert.equal(run([long]).out.length, long.length);
  });

  test('any bytes with marks in between come out whole, however they are cut', () => {
    const bytes = fc.uint8Array({ maxLength: 80 }).map((data) => Buffer.from(data));
    const near = fc
      .constantFrom('kx-', 'kx-0123456789abcdef', '\n', 'kx-0123456789abcdef0123456789abcde')
      .map((text) => Buffer.from(text));
    const pieces = fc.array(fc.oneof(bytes, near), { maxLength: 8 });
    fc.assert(
      fc.property(pieces, pieces, fc.array(fc.nat(400), { maxLength: 10 }), (before, after, cuts) => {
        const plain = [Buffer.concat(before), Buffer.concat(after)] as const;
        fc.pre(!Buffer.concat(plain).includes(nonce));
        const all = Buffer.concat([
          Buffer.from(`${nonce} start\n`),
          plain[0],
          Buffer.from(`${nonce} note\n`),
          plain[1],
          Buffer.from(`${nonce} end 3\n`),
        ]);
        const borders = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
        const chunks = borders.slice(1).map((end, i) => all.subarray(borders[i], end));
        const { out, marks } = run(chunks);
        assert.equal(out, Buffer.concat(plain).toString('latin1'));
        assert.equal(marks.end, 3);
      }),
    );
  });
});
