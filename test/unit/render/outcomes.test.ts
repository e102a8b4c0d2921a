import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createPaint, progressText, renderBlock, renderDiff } from '../../../src/lib/render/index.ts';
import { painted, showMarks } from './support.ts';

const plain = createPaint(false);
const rule = '---------------\n';
const named = (name: string, text: string) => ({ name, text: Buffer.from(text) });
const diff = async (from: string, to: string, paint = plain) =>
  (await renderDiff(named('web-[0-2]', from), named('web-3', to), paint)).toString();

suite('what targets have in common', () => {
  const block = async (names: string[], body: Buffer[], note?: string): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of renderBlock({ names, note, body }, plain)) pieces.push(piece);
    return Buffer.concat(pieces);
  };

  test('a block has a header with the folded names, their count and a note', async () => {
    const shown = await block(['web-1', 'web-0'], [Buffer.from('a\n'), Buffer.from('b\n')], 'exit code 1');
    assert.equal(shown.toString(), `${rule}web-[0-1] (2): exit code 1\n${rule}a\nb\n`);
  });

  test('a body without a line feed at its end gets one, and bytes that are not UTF-8 pass', async () => {
    const shown = await block(['web'], [Buffer.from([0xff])]);
    assert.ok(shown.equals(Buffer.concat([Buffer.from(`${rule}web\n${rule}`), Buffer.from([0xff, 0x0a])])));
    for (const body of [[], [Buffer.alloc(0)]]) {
      assert.equal((await block(['web'], body)).toString(), `${rule}web\n${rule}`);
    }
  });
});

suite('differences', () => {
  test('equal texts have none', async () => assert.equal(await diff('a\n', 'a\n'), ''));

  test('a difference has three lines around it', async () => {
    const [from, to] = ['a\nb\nc\nd\ne\nf\ng\nh\n', 'a\nb\nc\nd\nE\nf\ng\nh\n'];
    assert.equal(await diff(from, to), '--- web-[0-2]\n+++ web-3\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n');
  });

  test('a line feed that is missing at the end is said', async () => {
    assert.match(await diff('a\n', 'a'), /-a\n\+a\n\\ No newline at end of file\n$/);
  });

  test('one empty text is all lines of the other', async () => {
    assert.equal(await diff('', 'a\nb\n'), '--- web-[0-2]\n+++ web-3\n@@ -0,0 +1,2 @@\n+a\n+b\n');
  });

  test('bytes that are not UTF-8 are compared and shown as they are', async () => {
    const [from, to] = [0xfe, 0xff].map((byte) => ({ name: 'x', text: Buffer.from([byte, 0x0a]) }));
    assert.ok(from && to);
    const shown = await renderDiff(from, to, plain);
    assert.equal(shown.toString('latin1'), '--- x\n+++ x\n@@ -1,1 +1,1 @@\n-\xfe\n+\xff\n');
  });

  test('lines have colours', async () => {
    assert.equal(
      showMarks(await diff('a\n', 'b\n', painted)),
      '<1>--- web-[0-2]<22>\n<1>+++ web-3<22>\n<36>@@ -1,1 +1,1 @@<39>\n<31>-a<39>\n<32>+b<39>\n',
    );
  });

  test('of texts with nothing in common only that is said', async () => {
    const lines = (letter: string) => Array.from({ length: 1000 }, (_, index) => `${letter}${index}\n`).join('');
    assert.equal(
      await diff(lines('a'), lines('b')),
      '--- web-[0-2]\n+++ web-3\nthe texts differ in more lines than are shown\n',
    );
  });

  test('the old lines give the old text, the new lines the new one', async () => {
    // Not more lines than a difference has around it.
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
      .map((lines) => [...lines, '='].map((line) => `${line}\n`).join(''));
    await fc.assert(
      fc.asyncProperty(text, text, async (from, to) => {
        const shown = (await diff(from, to)).split('\n').slice(3, -1);
        const [old, young] = ['-', '+'].map((sign) =>
          shown.flatMap((line) => (line[0] === sign || line[0] === ' ' ? [`${line.slice(1)}\n`] : [])).join(''),
        );
        assert.deepEqual([old, young], from === to ? ['', ''] : [from, to]);
      }),
    );
  });
});

test('progress says what is done, runs, failed and is left, within a width', () => {
  const facts = { total: 200, running: 8, succeeded: 48, failed: 2, elapsedMs: 20_000 };
  assert.equal(progressText(facts, 80), '50/200 done  8 running  2 failed  1:00 left');
  assert.equal(progressText({ ...facts, succeeded: 0, failed: 0 }, 80), '0/200 done  8 running  0 failed');
  assert.equal(progressText(facts, 10), '50/200 don');
});
