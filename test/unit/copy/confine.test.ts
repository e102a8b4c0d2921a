import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { checkName, confineTo } from '../../../src/lib/copy/local/confine.ts';
import type { Entry } from '../../../src/lib/copy/entry.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { open, snapshot, temporary, writerTo } from './support/local.ts';
import { bytesOf, entry } from './support/trees.ts';

suite('checkName', () => {
  test('refuses what leads out of the destination, and shows it without control characters', () => {
    for (const name of ['..', '../a', 'a/..', 'a/../b', '/', '/etc/passwd', 'a\0b', '\x1b]0;x\x07/../a']) {
      assert.throws(
        () => checkName(name),
        (error) => error instanceof KxError && error.code === 'KX_COPY_UNSAFE_PATH' && !/[\0-\x1f]/.test(error.message),
        JSON.stringify(name),
      );
    }
  });

  test('refuses empty parts as a problem of that path', () => {
    for (const name of ['.', './a', 'a/.', 'a//b', 'a/']) assert.throws(() => checkName(name), { name: 'PathProblem' });
  });

  test('takes names that only look like it', () => {
    for (const name of ['', '...', '..a', 'a..', '.a/b.', 'a/...', ' ', '~', '-', 'C:', '\\..\\a', '\xff\xfe', '\n'])
      checkName(name);
  });
});

suite('confineTo', () => {
  test('makes the directories above a path', (t) => {
    const root = temporary(t);
    const inside = confineTo(root);
    assert.deepEqual(inside.place('a/b/c'), { full: join(root, 'a/b/c'), isFresh: true });
    assert.equal(inside.place('a/b/d').isFresh, true, 'nobody else has put anything there');
    assert.equal(confineTo(root).place('a/b/c').isFresh, false, 'it was there');
    assert.equal(inside.place('e').isFresh, false, 'the root was there');
    assert.deepEqual([lstatSync(join(root, 'a/b')).isDirectory(), readdirSync(join(root, 'a/b'))], [true, []]);
  });

  test('takes a directory that exists, and neither a symlink to one nor a file', (t) => {
    const root = temporary(t);
    mkdirSync(join(root, 'dir'));
    symlinkSync('dir', join(root, 'link'));
    writeFileSync(join(root, 'file'), '');
    const inside = confineTo(root);
    assert.equal(inside.directory('dir', 0o700), 'found');
    assert.throws(() => inside.place('link/x'), /a symlink is where a directory is to be/);
    assert.throws(() => inside.directory('link', 0o700), /a symlink is where a directory is to be/);
    assert.throws(() => inside.place('file/x'), /a file is where a directory is to be/);
    assert.deepEqual(readdirSync(join(root, 'dir')), []);
  });
});

suite('whatever is written to a destination', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    'A',
    'link',
    'loop',
    'out',
    'secret',
    'dir',
    '..',
    '.',
    '',
    'n\0l',
    '\xff',
    'l'.repeat(300),
  );
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')) },
    { weight: 1, arbitrary: fc.constantFrom('', '/', 'OUTSIDE/new', 'OUTSIDE/secret', 'OUTSIDE') },
  );
  const kind = fc.constantFrom<Entry['kind']>('file', 'file', 'directory', 'symlink', 'symlink', 'hardlink');
  const hostile = fc.record({
    path: name,
    kind,
    linkTarget: fc.oneof(
      name,
      fc.constantFrom('../outside', '../../outside', '../outside/secret', '..', 'out/secret', 'link'),
    ),
    mode: fc.constantFrom(0o644, 0o6777, 0, 0o1777),
    mtime: fc.constantFrom(0, 1e9 + 0.5, -5, 1e20),
    size: fc.constantFrom(0, 3, 300_000),
  });

  test('changes nothing outside of it', async (t) => {
    const check = fc.asyncProperty(
      fc.array(hostile, { maxLength: 12 }),
      fc.record({ preserve: fc.boolean(), sameOwner: fc.boolean(), exists: fc.boolean(), aborts: fc.boolean() }),
      async (entries, { preserve, sameOwner, exists, aborts }) => {
        const root = temporary(t);
        const destination = prepare(root, exists);
        const before = snapshot(root, 'dest');
        const { writer } = writerTo(destination, { preserve, sameOwner });
        const absolute = (text: string): string => text.replace('OUTSIDE', join(root, 'outside'));
        try {
          for (const { path, kind, linkTarget, size, ...more } of entries) {
            const bytes = bytesOf(kind === 'file' ? size : 0);
            await writer.write(entry(absolute(path), kind, { ...more, bytes, linkTarget: absolute(linkTarget) }));
          }
          if (!aborts) await writer.finish();
        } catch (error) {
          assert.ok(error instanceof KxError, String(error));
        }
        await writer.abort();
        assert.deepEqual(snapshot(root, 'dest').slice(exists ? 0 : 1), before.slice(exists ? 0 : 1));
        assert.deepEqual(leftovers(destination), []);
      },
    );
    await fc.assert(check, { numRuns: 200 });
  });

  /** A folder with a destination, which has symlinks that lead out when it exists, and with what is not to be changed. */
  function prepare(root: string, exists: boolean): string {
    const destination = join(root, 'dest');
    mkdirSync(join(root, 'outside/dir'), { recursive: true });
    writeFileSync(join(root, 'outside/secret'), 'secret');
    writeFileSync(join(root, 'secret'), 'secret');
    if (!exists) return destination;
    mkdirSync(join(destination, 'dir'), { recursive: true });
    symlinkSync('../outside', join(destination, 'out'));
    symlinkSync('../outside/secret', join(destination, 'secret'));
    symlinkSync('.', join(destination, 'loop'));
    writeFileSync(join(destination, 'b'), 'before');
    return destination;
  }

  function leftovers(destination: string): string[] {
    if (lstatSync(destination, { throwIfNoEntry: false }) === undefined) return [];
    if (!lstatSync(destination).isSymbolicLink()) open(destination);
    return snapshot(destination).filter((line) => /\.kx-[0-9a-z]{6} /.test(line));
  }
});
