import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { listTree, startCopyBench, type CopyBench } from '../support/copies.ts';

suite('kx cp --update and --checksum', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench();
  });

  function makeTree(root: string): void {
    mkdirSync(join(root, 'sub'), { recursive: true });
    writeFileSync(join(root, 'kept'), 'kept');
    writeFileSync(join(root, 'sub/changed'), 'before');
    for (const name of ['kept', 'sub/changed']) utimesSync(join(root, name), 1e9, 1e9);
  }
  /** What the last line of plain progress says. */
  async function counted(...args: string[]): Promise<string> {
    const { code, stderr } = await bench.cp(['--progress', 'plain', ...args]);
    assert.equal(code, 0, stderr);
    return /copied (\d+ files?)/.exec(stderr)?.[1] ?? stderr;
  }

  test('leave out what is there already, up, between pods and down', async () => {
    const root = join(bench.fresh(), 'tree');
    makeTree(root);
    const down = join(bench.fresh(), 'down');
    for (const [from, to] of [
      [`${root}/.`, 'one:/tmp/updated'],
      ['one:/tmp/updated/.', 'old:/tmp/updated'],
      ['old:/tmp/updated/.', down],
    ] as const) {
      assert.equal(await counted('--update', from, to), '2 files');
      assert.equal(await counted('--update', from, to), '0 files');
    }
    writeFileSync(join(root, 'sub/changed'), 'behind');
    assert.equal(await counted('--update', `${root}/.`, 'one:/tmp/updated'), '1 file');
    assert.equal(await counted('--update', 'one:/tmp/updated/.', down), '1 file');
    assert.deepEqual(listTree(down), listTree(root));
  });

  test('together look at what is in a file, not at its time', async () => {
    const root = join(bench.fresh(), 'tree');
    makeTree(root);
    await bench.copies(`${root}/.`, 'one:/tmp/summed');
    writeFileSync(join(root, 'sub/changed'), 'BEFORE');
    utimesSync(join(root, 'sub/changed'), 1e9, 1e9);
    utimesSync(join(root, 'kept'), 2e9, 2e9);
    assert.equal(await counted('--update', `${root}/.`, 'one:/tmp/summed'), '1 file');
    assert.equal(await bench.inPod('one', 'cat /tmp/summed/sub/changed'), 'before');
    assert.equal(await counted('--update', '--checksum', `${root}/.`, 'one:/tmp/summed'), '1 file');
    assert.equal(await bench.inPod('one', 'cat /tmp/summed/sub/changed'), 'BEFORE');
  });

  test('a file that is there keeps its time when it is left out', async () => {
    const here = bench.fresh();
    writeFileSync(join(here, 'file'), 'same');
    await bench.copies(join(here, 'file'), 'one:/tmp/same');
    await bench.copies('one:/tmp/same', join(here, 'back'));
    const before = statSync(join(here, 'back')).ctimeMs;
    await bench.copies('--update', 'one:/tmp/same', join(here, 'back'));
    assert.equal(statSync(join(here, 'back')).ctimeMs, before);
  });

  test('a finished copy is compared, and what differs is an error', async () => {
    const here = bench.fresh();
    makeTree(join(here, 'tree'));
    await bench.copies('--checksum', join(here, 'tree'), 'one:/tmp/compared');
    await bench.copies('--checksum', 'one:/tmp/compared', join(here, 'back'));
    assert.equal(readFileSync(join(here, 'back/kept'), 'utf8'), 'kept');
    // The destination swallows what is written.
    const { code, stderr } = await bench.cp(['--checksum', join(here, 'tree/kept'), 'one:/dev/null']);
    assert.deepEqual([code, /differ.*\[KX_COPY_MISMATCH\]/.test(stderr)], [125, true], stderr);
  });
});
