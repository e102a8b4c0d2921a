import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { detachOn, parseDetachKeys } from '../../../src/lib/terminal/index.ts';

const sequences: [string, number[]][] = [
  ['', []],
  ['ctrl-p,ctrl-q', [16, 17]],
  ['ctrl-P', [16]],
  ['a', [97]],
  ['~,.', [126, 46]],
  ['ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', [0, 27, 28, 29, 30, 31]],
];

for (const [keys, bytes] of sequences) {
  test(`the keys "${keys}" are the bytes ${bytes.join(' ')}`, () => {
    assert.deepEqual([...parseDetachKeys(keys)], bytes);
  });
}

for (const keys of ['ctrl-', 'ctrl-1', 'alt-x', 'ab', 'a,', 'é', ',']) {
  test(`"${keys}" are no keys`, () => {
    assert.throws(() => parseDetachKeys(keys), { code: 'KX_USAGE' });
  });
}

/** What passes when these chunks are typed, and whether that detached. */
async function type(keys: string, chunks: readonly Uint8Array[]): Promise<{ passed: string; detached: boolean }> {
  const detaches: string[] = [];
  const filter = detachOn(parseDetachKeys(keys), () => detaches.push(keys));
  const passed: Buffer[] = [];
  filter.on('data', (chunk: Buffer) => passed.push(chunk));
  for (const chunk of chunks) {
    if (detaches.length === 0) await new Promise((taken) => filter.write(chunk, taken));
  }
  return { passed: Buffer.concat(passed).toString('latin1'), detached: detaches.length > 0 };
}

const typed: [string, string[], string, boolean][] = [
  ['ctrl-p,ctrl-q', ['ls\r\x10\x11more'], 'ls\r', true],
  ['ctrl-p,ctrl-q', ['ls\r\x10', '\x11'], 'ls\r', true],
  ['ctrl-p,ctrl-q', ['\x10', 'x'], '\x10x', false],
  ['ctrl-p,ctrl-q', ['\x10\x10\x11'], '\x10', true],
  ['ctrl-p,ctrl-q', ['\x11\x10'], '\x11', false],
  ['a,a,b', ['aaab'], 'a', true],
  ['a,b,a,c', ['ababac'], 'ab', true],
];

for (const [keys, chunks, passed, detached] of typed) {
  test(`of ${JSON.stringify(chunks)} with the keys ${keys} pass ${JSON.stringify(passed)}`, async () => {
    const outcome = await type(
      keys,
      chunks.map((chunk) => Buffer.from(chunk, 'latin1')),
    );
    assert.deepEqual(outcome, { passed, detached });
  });
}

test('what passes is all that was typed before the keys, however it was split', async () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const keys = fc.array(key, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(keys, fc.array(fc.array(key, { minLength: 1 })), async (sequence, chunks) => {
      const all = chunks.flat().join('');
      const at = all.indexOf(sequence.join(''));
      const { passed, detached } = await type(
        sequence.join(','),
        chunks.map((chunk) => Buffer.from(chunk.join(''))),
      );
      assert.equal(detached, at !== -1);
      // Without the keys, what may be their beginning is still held.
      if (detached) assert.equal(passed, all.slice(0, at));
      else assert.ok(all.startsWith(passed) && all.length - passed.length < sequence.length);
    }),
  );
});
