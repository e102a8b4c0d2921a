import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import type { Entry, Problem } from '../../../src/lib/copy/entry.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { snapshot, temporary, writerTo } from './support/local.ts';
import { entry } from './support/trees.ts';

interface Outcome {
  readonly destination: string;
  readonly code: string | undefined;
  readonly problems: readonly Problem[];
}

/** Writes what a compromised container sends to `ROOT/dest`, and asserts that nothing beside that has changed. */
async function attack(t: TestContext, entries: (root: string) => readonly Entry[]): Promise<Outcome> {
  const root = temporary(t);
  const destination = join(root, 'dest');
  for (const folder of ['dest', 'dest-evil', 'outside']) mkdirSync(join(root, folder));
  writeFileSync(join(root, 'outside/secret'), 'secret');
  const before = snapshot(root, 'dest');
  const { writer, problems } = writerTo(destination);
  let code: string | undefined;
  try {
    await writer.write(entry('', 'directory'));
    for (const each of entries(root)) await writer.write(each);
    await writer.finish();
  } catch (error) {
    assert.ok(error instanceof KxError);
    code = error.code;
    await writer.abort();
  }
  assert.deepEqual(snapshot(root, 'dest'), before);
  return { destination, code, problems };
}

const bytes = Buffer.from('pwned');
const file = (path: string): Entry => entry(path, 'file', { bytes });
const symlink = (path: string, linkTarget: string): Entry => entry(path, 'symlink', { linkTarget });
const hardlink = (path: string, linkTarget: string): Entry => entry(path, 'hardlink', { linkTarget });

suite('attacks of a container on the machine that copies from it', () => {
  test('CVE-2018-1002100: a name with `..` ends the copy', async (t) => {
    for (const path of ['../outside/pwned', 'a/../../outside/pwned', '../outside/secret', '..']) {
      assert.equal((await attack(t, () => [file(path)])).code, 'KX_COPY_UNSAFE_PATH', path);
    }
  });

  test('CVE-2018-1002100: an absolute name ends the copy', async (t) => {
    const { code } = await attack(t, (root) => [file(join(root, 'outside/pwned'))]);
    assert.equal(code, 'KX_COPY_UNSAFE_PATH');
  });

  test('CVE-2019-1002101: a file below a symlink that the same copy made is left out', async (t) => {
    for (const target of ['../outside', 'ABSOLUTE']) {
      const { code, problems } = await attack(t, (root) => [
        symlink('link', target.replace('ABSOLUTE', join(root, 'outside'))),
        file('link/pwned'),
        entry('link', 'directory', { mode: 0o777 }),
        entry('link/made', 'directory'),
        symlink('link/made-too', 'x'),
        hardlink('link/made-as-well', 'link'),
      ]);
      assert.equal(code, undefined);
      assert.deepEqual(
        problems.map(({ path }) => path),
        ['link/pwned', 'link', 'link/made', 'link/made-too', 'link/made-as-well'],
      );
    }
  });

  test('CVE-2019-1002101: a file with the name of a symlink replaces it', async (t) => {
    const { destination, problems } = await attack(t, () => [symlink('secret', '../outside/secret'), file('secret')]);
    assert.deepEqual([problems, readFileSync(join(destination, 'secret'), 'utf8')], [[], 'pwned']);
  });

  test('CVE-2019-11246: symlinks that lead out step by step are not followed', async (t) => {
    const { problems } = await attack(t, () => [
      entry('a', 'directory'),
      symlink('a/up', '..'),
      symlink('a/out', 'up/../outside'),
      file('a/out/pwned'),
      file('a/up/pwned'),
      symlink('here', '.'),
      file('here/a/out/pwned'),
    ]);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['a/out/pwned', 'a/up/pwned', 'here/a/out/pwned'],
    );
  });

  test('CVE-2019-11249: a folder whose name begins with that of the destination is outside of it', async (t) => {
    const linked = await attack(t, () => [symlink('link', '../dest-evil'), file('link/pwned')]);
    assert.deepEqual(
      linked.problems.map(({ path }) => path),
      ['link/pwned'],
    );
    assert.equal((await attack(t, () => [file('../dest-evil/pwned')])).code, 'KX_COPY_UNSAFE_PATH');
    const absolute = await attack(t, (root) => [file(`${root}/dest-evil/pwned`)]);
    assert.equal(absolute.code, 'KX_COPY_UNSAFE_PATH');
  });

  test('CVE-2019-11251: a symlink to a symlink that comes later is not followed', async (t) => {
    const { problems } = await attack(t, () => [
      symlink('first', 'sub/second'),
      entry('sub', 'directory'),
      symlink('sub/second', '../../outside'),
      file('first/pwned'),
      file('sub/second/pwned'),
      symlink('leaf', 'first/secret'),
    ]);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['first/pwned', 'sub/second/pwned'],
    );
    const leaf = await attack(t, () => [symlink('leaf', '../outside/new'), file('leaf')]);
    assert.equal(readFileSync(join(leaf.destination, 'leaf'), 'utf8'), 'pwned');
  });

  test('a hard link to a file outside ends the copy, and one through a symlink is left out', async (t) => {
    for (const target of ['../outside/secret', '/etc/passwd', 'a/../../outside/secret']) {
      assert.equal((await attack(t, () => [hardlink('x', target), file('x')])).code, 'KX_COPY_UNSAFE_PATH', target);
    }
    const { problems, destination } = await attack(t, () => [
      symlink('out', '../outside'),
      hardlink('through', 'out/secret'),
      symlink('leaf', '../outside/secret'),
      hardlink('of-symlink', 'leaf'),
      file('of-symlink'),
    ]);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['through'],
    );
    assert.ok(!existsSync(join(destination, 'through')));
  });

  test('a symlink in the place of a directory that has been written is not put there', async (t) => {
    const { problems, destination } = await attack(t, () => [
      entry('dir', 'directory'),
      symlink('dir', '../outside'),
      hardlink('dir', 'other'),
      file('dir/inside'),
    ]);
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['dir', 'dir'],
    );
    assert.equal(readFileSync(join(destination, 'dir/inside'), 'utf8'), 'pwned');
  });

  test('a symlink in the place of the destination is not followed', async (t) => {
    const root = temporary(t);
    mkdirSync(join(root, 'outside'));
    const before = snapshot(join(root, 'outside'));
    for (const next of [file('pwned'), file(''), entry('', 'directory'), symlink('', 'x')]) {
      const { writer } = writerTo(join(root, `dest-${next.kind}-${next.path}`));
      await writer.write(symlink('', 'outside'));
      await assert.rejects(writer.write(next), { code: 'KX_COPY_UNSAFE_PATH' });
    }
    assert.deepEqual(snapshot(join(root, 'outside')), before);
  });
});
