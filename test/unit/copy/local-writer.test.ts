import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { copyTree } from '../../../src/lib/copy/copy-tree.ts';
import { onePiece, type Entry, type Problem, type TreeReader } from '../../../src/lib/copy/entry.ts';
import { readLocalTree } from '../../../src/lib/copy/local/reader.ts';
import { readAll, temporary, withoutRoot, writeAllTo, writerTo } from './support/local.ts';
import { assertTree, bytesOf, entry, sampleTree } from './support/trees.ts';

const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;
const root = entry('', 'directory');
const refuse = (problem: Problem): void => assert.deepEqual(problem, undefined);
const silent = { onEntry: () => {}, onBytes: () => {} };

suite('writeLocalTree', () => {
  test('writes a tree with all that names, sizes and kinds can be', async (t) => {
    const folder = temporary(t);
    assert.deepEqual(await writeAllTo(join(folder, 'dest'), sampleTree()), []);
    await assertTree(
      join(folder, 'dest'),
      sampleTree().map((each) => ({ ...each, mode: each.mode & 0o777 })),
    );
  });

  test('copies a tree from place to place, and again over itself, with its times to the microsecond', async (t) => {
    const folder = temporary(t);
    // What is read-only for its owner cannot be written over, as with cp.
    await writeAllTo(
      join(folder, 'a'),
      sampleTree().map((each) => ({ ...each, mode: each.mode | 0o600 })),
    );
    utimesSync(join(folder, 'a/old'), 1, 1_600_000_000.123457);
    const read = (name: string): TreeReader =>
      readLocalTree({ path: join(folder, name), filter: () => true, report: refuse, followRoot: false });
    for (const [from, to] of [
      ['a', 'b'],
      ['a', 'b'],
      ['b', 'c'],
    ] as const) {
      await copyTree(read(from), writerTo(join(folder, to), { report: refuse }).writer, silent);
    }
    const shown = async (name: string): Promise<unknown[]> =>
      (await readAll(read(name))).map(({ path, kind, mode, mtime, linkTarget, bytes }) => [
        path,
        kind,
        mode,
        Math.round(mtime * 1e6),
        linkTarget,
        createHash('sha256').update(bytes).digest('hex'),
      ]);
    // The destination itself was there the second time.
    assert.deepEqual((await shown('b')).slice(1), (await shown('a')).slice(1));
    assert.deepEqual((await shown('c')).slice(1), (await shown('a')).slice(1));
  });

  test('makes the directories above the destination, and takes names that are not UTF-8', async (t) => {
    const folder = temporary(t);
    const destination = Buffer.from(`${folder}/x/y\xff/z`, 'latin1');
    assert.deepEqual(await writeAllTo(destination, [entry('', 'file', { bytes: Buffer.from('1') })]), []);
    assert.equal(readFileSync(destination, 'utf8'), '1');
  });

  test('sets modes whatever the umask, without setuid, setgid and sticky bits', async (t) => {
    const folder = temporary(t);
    const entries = [root, entry('f', 'file', { mode: 0o7777 }), entry('d', 'directory', { mode: 0o3777 })];
    assert.deepEqual(await writeAllTo(join(folder, 'dest'), entries), []);
    assert.deepEqual([modeOf(join(folder, 'dest/f')), modeOf(join(folder, 'dest/d'))], [0o777, 0o777]);
  });

  test('without preserve leaves the umask its bits, and the time of now', async (t) => {
    const folder = temporary(t);
    const before = process.umask(0o027);
    try {
      const about = { preserve: false };
      const entries = [
        root,
        entry('f', 'file', { mode: 0o4777, mtime: 5 }),
        entry('d', 'directory', { mode: 0o555, mtime: 5 }),
        entry('d/x', 'file'),
      ];
      assert.deepEqual(await writeAllTo(join(folder, 'dest'), entries, about), []);
    } finally {
      process.umask(before);
    }
    assert.deepEqual([modeOf(join(folder, 'dest/f')), modeOf(join(folder, 'dest/d'))], [0o750, 0o750]);
    for (const name of ['f', 'd']) assert.ok(lstatSync(join(folder, 'dest', name)).mtimeMs > 1e12);
  });

  test('with sameOwner sets owners and all bits', { skip: process.geteuid?.() !== 0 }, async (t) => {
    const folder = temporary(t);
    const owned = { uid: 1234, gid: 4321 };
    const entries = [
      root,
      entry('f', 'file', { ...owned, mode: 0o6755 }),
      entry('d', 'directory', { ...owned, mode: 0o2775 }),
      entry('l', 'symlink', { ...owned, linkTarget: 'f' }),
    ];
    assert.deepEqual(await writeAllTo(join(folder, 'dest'), entries, { sameOwner: true }), []);
    const shown = ['f', 'd', 'l'].map((name) => {
      const { uid, gid } = lstatSync(join(folder, 'dest', name));
      return [uid, gid];
    });
    assert.deepEqual(shown, [
      [1234, 4321],
      [1234, 4321],
      [1234, 4321],
    ]);
    assert.deepEqual([modeOf(join(folder, 'dest/f')), modeOf(join(folder, 'dest/d'))], [0o6755, 0o2775]);
  });

  test('with an owner that cannot be set warns, and sets no setuid bit', async (t) => {
    const folder = temporary(t);
    await withoutRoot(async () => {
      const entries = [root, entry('f', 'file', { uid: 0, gid: 0, mode: 0o4755 })];
      const problems = await writeAllTo(join(folder, 'dest'), entries, { sameOwner: true });
      const message = 'its owner could not be kept: operation not permitted';
      assert.deepEqual(
        problems,
        ['f', ''].map((path) => ({ level: 'warning', path, message })),
      );
      assert.equal(modeOf(join(folder, 'dest/f')), 0o755);
    });
  });

  test('fills directories that end up read-only, again when they are', async (t) => {
    const folder = temporary(t);
    await withoutRoot(async () => {
      for (const content of ['first', 'second']) {
        const bytes = Buffer.from(content);
        const entries = [
          entry('', 'directory', { mode: 0o755 }),
          entry('a', 'directory', { mode: 0o555, mtime: 100 }),
          entry('a/b', 'directory', { mode: 0o500, mtime: 200 }),
          entry('a/b/file', 'file', { bytes, mode: 0o644 }),
          entry(`a/${content}`, 'file'),
        ];
        assert.deepEqual(await writeAllTo(join(folder, 'dest'), entries), []);
        assert.equal(readFileSync(join(folder, 'dest/a/b/file'), 'utf8'), content);
      }
      const { mtimeMs } = lstatSync(join(folder, 'dest/a'));
      assert.deepEqual(
        [modeOf(join(folder, 'dest/a')), modeOf(join(folder, 'dest/a/b')), mtimeMs],
        [0o555, 0o500, 100_000],
      );
      for (const name of ['a', 'a/b']) chmodSync(join(folder, 'dest', name), 0o700);
    });
  });

  test('leaves a destination directory that was there its mode and time', async (t) => {
    const folder = temporary(t);
    const before = lstatSync(folder);
    await writeAllTo(folder, [entry('', 'directory', { mode: 0o777, mtime: 5 })]);
    assert.deepEqual([lstatSync(folder).mode, lstatSync(folder).mtimeMs], [before.mode, before.mtimeMs]);
  });

  test('makes the directories that entries out of order need', async (t) => {
    const folder = temporary(t);
    const entries = [
      entry('a/b/c', 'file', { bytes: Buffer.from('x') }),
      entry('a', 'directory', { mode: 0o700 }),
      root,
    ];
    assert.deepEqual(await writeAllTo(join(folder, 'dest'), entries), []);
    assert.deepEqual([readFileSync(join(folder, 'dest/a/b/c'), 'utf8'), modeOf(join(folder, 'dest/a'))], ['x', 0o700]);
  });

  test('replaces symlinks and links, and nothing by or of a directory', async (t) => {
    const folder = temporary(t);
    const dest = join(folder, 'dest');
    mkdirSync(join(dest, 'dir'), { recursive: true });
    writeFileSync(join(dest, 'file'), 'old');
    writeFileSync(join(dest, 'plain'), 'old');
    symlinkSync('plain', join(dest, 'link'));
    const bytes = Buffer.from('new');
    const problems = await writeAllTo(dest, [
      root,
      entry('dir', 'file', { bytes }),
      entry('file', 'directory'),
      entry('link', 'directory'),
      entry('link', 'file', { bytes }),
      entry('dir', 'symlink', { linkTarget: 'x' }),
      entry('dir', 'hardlink', { linkTarget: 'plain' }),
      entry('file', 'symlink', { linkTarget: 'elsewhere' }),
      entry('again', 'hardlink', { linkTarget: 'plain' }),
      entry('again', 'hardlink', { linkTarget: 'link' }),
      entry('again', 'hardlink', { linkTarget: 'again' }),
      entry('nothing', 'hardlink', { linkTarget: 'missing' }),
    ]);
    assert.deepEqual(
      problems.map(({ level, path, message }) => `${level} ${path}: ${message}`),
      [
        'failure dir: not written: a directory is where a file is to be',
        'failure file: not written: a file is where a directory is to be, and is not followed',
        'failure link: not written: a symlink is where a directory is to be, and is not followed',
        'failure dir: not written: a directory is where a link is to be',
        'failure dir: not written: a directory is where a link is to be',
        'failure nothing: not written: the file that it is a hard link to is not there',
      ],
    );
    assert.deepEqual(readdirSync(dest).sort(), ['again', 'dir', 'file', 'link', 'plain']);
    assert.deepEqual(
      [readFileSync(join(dest, 'plain'), 'utf8'), readlinkSync(join(dest, 'file'))],
      ['old', 'elsewhere'],
    );
    assert.equal(lstatSync(join(dest, 'again')).ino, lstatSync(join(dest, 'link')).ino);
  });

  test('overwrites a file in place: inode, links and open readers stay', async (t) => {
    const folder = temporary(t);
    for (const size of [0, 10, 300_000, 3_000_000]) {
      writeFileSync(join(folder, 'file'), bytesOf(1_000_000, 5), { mode: 0o600 });
      if (size === 0) linkSync(join(folder, 'file'), join(folder, 'other'));
      const before = lstatSync(join(folder, 'file'));
      const sent = entry('file', 'file', { bytes: bytesOf(size), mode: 0o640, mtime: 1000 });
      assert.deepEqual(await writeAllTo(folder, [root, sent]), []);
      const after = lstatSync(join(folder, 'file'));
      assert.deepEqual(
        [after.ino, after.size, after.mode & 0o777, after.mtimeMs],
        [before.ino, size, 0o640, 1_000_000],
      );
      assert.ok(readFileSync(join(folder, 'other')).equals(bytesOf(size)));
    }
    assert.deepEqual(readdirSync(folder).sort(), ['file', 'other']);
  });

  test('reports a file that may not be written, and goes on', async (t) => {
    const folder = temporary(t);
    await withoutRoot(async () => {
      mkdirSync(join(folder, 'closed'));
      writeFileSync(join(folder, 'locked'), 'old', { mode: 0o400 });
      const { writer, problems } = writerTo(folder, { preserve: false });
      await writer.write(root);
      chmodSync(join(folder, 'closed'), 0o500);
      for (const path of ['closed/a', 'locked', 'l'.repeat(256), 'fine']) {
        await writer.write(entry(path, 'file', { bytes: bytesOf(path === 'closed/a' ? 3_000_000 : 3) }));
      }
      await writer.finish();
      assert.deepEqual(
        problems.map(({ path, message }) => [path.slice(0, 8), message]),
        [
          ['closed/a', 'not written: permission denied'],
          ['locked', 'not written: permission denied'],
          ['llllllll', 'not written: name too long'],
        ],
      );
      assert.deepEqual(
        [readFileSync(join(folder, 'locked'), 'utf8'), readFileSync(join(folder, 'fine')).length],
        ['old', 3],
      );
    });
  });

  test('takes names of 255 bytes', async (t) => {
    const folder = temporary(t);
    const names = ['l'.repeat(255), Buffer.from('ü'.repeat(127)).toString('latin1'), '\x80'.repeat(255)];
    assert.deepEqual(await writeAllTo(folder, [root, ...names.map((name) => entry(name, 'file'))]), []);
    assert.equal(readdirSync(folder).length, 3);
  });

  test('keeps times before 1970, and warns of those that the system does not know', async (t) => {
    const folder = temporary(t);
    const entries = [root, entry('old', 'file', { mtime: -86_400.5 }), entry('odd', 'file', { mtime: Number.NaN })];
    const problems = await writeAllTo(folder, entries);
    assert.equal(lstatSync(join(folder, 'old')).mtimeMs, -86_400_500);
    assert.deepEqual(
      problems.map(({ level, path }) => [level, path]),
      [['warning', 'odd']],
    );
  });

  test('makes symlinks that lead out as they are', async (t) => {
    const folder = temporary(t);
    const texts = ['../../x', '/etc/passwd', 'a\xff', '.'];
    await writeAllTo(join(folder, 'dest'), [
      root,
      ...texts.map((linkTarget, at) => entry(`${at}`, 'symlink', { linkTarget, mtime: 7 })),
    ]);
    assert.deepEqual(
      texts.map((_, at) => readlinkSync(join(folder, `dest/${at}`), 'latin1')),
      texts,
    );
    assert.equal(lstatSync(join(folder, 'dest/0')).mtimeMs, 7000);
  });

  test('stops at --max-size and --max-files', async (t) => {
    const folder = temporary(t);
    const sized = writerTo(join(folder, 'a'), { limits: { maxBytes: 10 } }).writer;
    await sized.write(root);
    await sized.write(entry('ten', 'file', { bytes: bytesOf(10) }));
    await assert.rejects(sized.write(entry('one', 'file', { bytes: bytesOf(1) })), {
      code: 'KX_COPY_DESTINATION',
      hint: /--max-size/,
    });
    const counted = writerTo(join(folder, 'b'), { limits: { maxFiles: 2 } }).writer;
    for (const each of [root, entry('d', 'directory'), entry('f', 'file')]) await counted.write(each);
    await assert.rejects(counted.write(entry('g', 'symlink', { linkTarget: 'x' })), {
      code: 'KX_COPY_DESTINATION',
      hint: /--max-files/,
    });
    assert.deepEqual([readdirSync(join(folder, 'a')), readdirSync(join(folder, 'b')).sort()], [['ten'], ['d', 'f']]);
  });

  test('makes nothing when nothing was sent', async (t) => {
    const folder = temporary(t);
    await writeAllTo(join(folder, 'dest'), []);
    assert.equal(statSync(join(folder, 'dest'), { throwIfNoEntry: false }), undefined);
  });
});

test('a body at hand is written, a name that comes again is the later one, and a directory stays one', async (t) => {
  const root = temporary(t);
  const file = (path: string, text: string): Entry => {
    const content = Buffer.from(text);
    return { ...entry(path, 'file', { bytes: content }), content, body: onePiece(content) };
  };
  const tree = [
    entry('', 'directory'),
    entry('d', 'directory'),
    file('d/x', 'first'),
    file('d/x', 'later'),
    file('d/d', 'y'),
  ];
  assert.deepEqual(await writeAllTo(join(root, 'to'), [...tree, entry('d/e', 'directory'), file('d/e', 'z')]), [
    { level: 'failure', path: 'd/e', message: 'not written: illegal operation on a directory' },
  ]);
  assert.equal(readFileSync(join(root, 'to/d/x'), 'utf8'), 'later');
  assert.deepEqual(readdirSync(join(root, 'to/d')).sort(), ['d', 'e', 'x'], 'nothing staged is left');
});
