import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Problem, TreeReader } from '../../../src/lib/copy/entry.ts';
import { createFilter } from '../../../src/lib/copy/filter.ts';
import { readLocalTree, type LocalReaderOptions } from '../../../src/lib/copy/local/reader.ts';
import { readAll, temporary, withoutRoot } from './support/local.ts';
import { bytesOf } from './support/trees.ts';

function readerOf(
  path: string | Buffer,
  options: Partial<LocalReaderOptions> = {},
): { reader: TreeReader; problems: Problem[] } {
  const problems: Problem[] = [];
  const report = (problem: Problem): number => problems.push(problem);
  return { problems, reader: readLocalTree({ path, filter: () => true, report, followRoot: true, ...options }) };
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of body) assert.ok(piece.length > 0);
}

async function pathsOf(path: string, options: Partial<LocalReaderOptions> = {}): Promise<string[]> {
  return (await readAll(readerOf(path, options).reader)).map((entry) => `${entry.kind} ${entry.path}`);
}

suite('readLocalTree', () => {
  test('gives directories before what is in them, in the order of the bytes of the names', async (t) => {
    const root = temporary(t);
    for (const folder of ['b', 'b/x', 'B']) mkdirSync(join(root, folder));
    for (const file of ['b/x/1', 'b.txt', 'a', 'b/z', 'é']) writeFileSync(join(root, file), '');
    assert.deepEqual(await pathsOf(root), [
      'directory ',
      'directory B',
      'file a',
      'directory b',
      'directory b/x',
      'file b/x/1',
      'file b/z',
      'file b.txt',
      `file ${Buffer.from('é').toString('latin1')}`,
    ]);
  });

  test('gives mode, time with its fraction, owner, size and bytes', async (t) => {
    const root = temporary(t);
    const path = join(root, 'file');
    writeFileSync(path, 'hello');
    chmodSync(path, 0o4751);
    utimesSync(path, 1, 1_600_000_000.25);
    const [entry] = await readAll(readerOf(path).reader);
    assert.ok(entry);
    const { kind, mode, mtime, size, bytes, uid, gid } = entry;
    assert.deepEqual(
      [entry.path, kind, mode, mtime, size, bytes.toString()],
      ['', 'file', 0o4751, 1_600_000_000.25, 5, 'hello'],
    );
    assert.deepEqual([uid, gid], [process.geteuid?.(), process.getegid?.()]);
  });

  test('reads names that are not UTF-8, and a root that is none', async (t) => {
    const root = temporary(t);
    const folder = Buffer.from(`${root}/d\xff`, 'latin1');
    mkdirSync(folder);
    writeFileSync(Buffer.from(`${root}/d\xff/caf\xe9`, 'latin1'), 'x');
    const entries = await readAll(readerOf(folder).reader);
    assert.deepEqual(
      entries.map(({ path, bytes }) => [path, bytes.toString()]),
      [
        ['', ''],
        ['caf\xe9', 'x'],
      ],
    );
    assert.deepEqual((await pathsOf(root)).slice(1), ['directory d\xff', 'file d\xff/caf\xe9']);
  });

  test('reads files of every size, byte by byte', async (t) => {
    const root = temporary(t);
    const sizes = [0, 1, 262_143, 262_144, 262_145, 1_048_576, 3_500_001];
    sizes.forEach((size, seed) => writeFileSync(join(root, `${seed}`), bytesOf(size, seed)));
    const [, ...files] = await readAll(readerOf(root).reader);
    files.forEach(({ bytes, size }, seed) => {
      assert.ok(bytes.equals(bytesOf(sizes[seed]!, seed)), `${sizes[seed]}`);
      assert.equal(size, sizes[seed]);
    });
  });

  test('keeps each piece of a large file as it was while the next ones are read', async (t) => {
    const root = temporary(t);
    const content = bytesOf(3 << 20);
    writeFileSync(join(root, 'large'), content);
    const pieces: Buffer[] = [];
    for await (const { body } of readerOf(join(root, 'large')).reader.entries())
      for await (const piece of body) pieces.push(piece);
    assert.ok(pieces.length > 4 && Buffer.concat(pieces).equals(content));
  });

  test('gives symlinks as text, dangling ones too, with their own time', async (t) => {
    const root = temporary(t);
    symlinkSync('../\xe9 nowhere', join(root, 'link'));
    lutimesSync(join(root, 'link'), 5, 1000.5);
    const [, link] = await readAll(readerOf(root).reader);
    assert.ok(link);
    assert.deepEqual(
      [link.kind, link.linkTarget, link.mtime, link.size],
      ['symlink', Buffer.from('../\xe9 nowhere').toString('latin1'), 1000.5, 0],
    );
  });

  test('follows a root that is a symlink when it is to, and no other', async (t) => {
    const root = temporary(t);
    mkdirSync(join(root, 'dir'));
    writeFileSync(join(root, 'dir/file'), 'x');
    symlinkSync('.', join(root, 'dir/self'));
    symlinkSync('dir', join(root, 'link'));
    symlinkSync('dir/file', join(root, 'to-file'));
    assert.deepEqual(await pathsOf(join(root, 'link')), ['directory ', 'file file', 'symlink self']);
    assert.deepEqual(await pathsOf(join(root, 'to-file')), ['file ']);
    assert.deepEqual(await pathsOf(join(root, 'link'), { followRoot: false }), ['symlink ']);
  });

  test('gives the later names of one file as hard links to the first', async (t) => {
    const root = temporary(t);
    mkdirSync(join(root, 'dir'));
    writeFileSync(join(root, 'dir/first'), 'x');
    for (const name of ['dir/second', 'z']) linkSync(join(root, 'dir/first'), join(root, name));
    writeFileSync(join(root, 'other'), 'x');
    const entries = await readAll(readerOf(root).reader);
    assert.deepEqual(
      entries.slice(2).map(({ path, kind, linkTarget, bytes }) => [path, kind, linkTarget, bytes.length]),
      [
        ['dir/first', 'file', '', 1],
        ['dir/second', 'hardlink', 'dir/first', 0],
        ['other', 'file', '', 1],
        ['z', 'hardlink', 'dir/first', 0],
      ],
    );
  });

  test('gives a second name as a file when the first one is filtered out', async (t) => {
    const root = temporary(t);
    writeFileSync(join(root, 'a'), 'x');
    linkSync(join(root, 'a'), join(root, 'b'));
    const filter = createFilter({ exclude: ['a'], include: [], excludeFrom: [] });
    assert.deepEqual(await pathsOf(root, { filter }), ['directory ', 'file b']);
  });

  test('does not enter a directory that is filtered out', async (t) => {
    const root = temporary(t);
    mkdirSync(join(root, 'closed'), { mode: 0 });
    writeFileSync(join(root, 'taken'), '');
    const filter = createFilter({ exclude: ['closed/'], include: [], excludeFrom: [] });
    await withoutRoot(async () => assert.deepEqual(await pathsOf(root, { filter }), ['directory ', 'file taken']));
  });

  test('skips sockets, FIFOs and devices with a warning', async (t) => {
    const root = temporary(t);
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const server = createServer().listen(join(root, 'socket'));
    await once(server, 'listening');
    t.after(() => server.close());
    const { reader, problems } = readerOf(root);
    assert.deepEqual((await readAll(reader)).length, 1);
    assert.deepEqual(problems, [
      { level: 'warning', path: 'fifo', message: 'skipped: a FIFO' },
      { level: 'warning', path: 'socket', message: 'skipped: a socket' },
    ]);
  });

  test('refuses a root that is missing, or has no end', async (t) => {
    const root = temporary(t);
    execFileSync('mkfifo', [join(root, 'fifo')]);
    for (const [path, message] of [
      [join(root, 'none'), /cannot read .*none: no such file or directory/],
      [join(root, 'fifo'), /is a FIFO/],
      ['/dev/null', /is a device/],
    ] as const) {
      await assert.rejects(readAll(readerOf(path).reader), { code: 'KX_COPY_SOURCE', message });
    }
  });

  test('reports what may not be read, and reads the rest; such a root is refused', async (t) => {
    const root = temporary(t);
    await withoutRoot(async () => {
      for (const folder of ['closed', 'open']) mkdirSync(join(root, folder));
      for (const file of ['closed/x', 'open/y', 'secret']) writeFileSync(join(root, file), 'x');
      for (const path of ['closed', 'secret']) chmodSync(join(root, path), 0);
      const { reader, problems } = readerOf(root);
      const paths = (await readAll(reader)).map(({ path }) => path);
      assert.deepEqual(paths, ['', 'closed', 'open', 'open/y']);
      const message = 'not read: permission denied';
      assert.deepEqual(
        problems,
        ['closed', 'secret'].map((path) => ({ level: 'failure', path, message })),
      );
      for (const path of ['closed', 'secret']) {
        await assert.rejects(readAll(readerOf(join(root, path)).reader), {
          code: 'KX_COPY_SOURCE',
          message: /permission denied/,
        });
      }
      chmodSync(join(root, 'closed'), 0o700);
    });
  });

  test('gives as many bytes of a file that grows as were promised, and a warning', async (t) => {
    const root = temporary(t);
    const path = join(root, 'log');
    const content = bytesOf(2 << 20);
    writeFileSync(path, content);
    const { reader, problems } = readerOf(path);
    const pieces: Buffer[] = [];
    for await (const { body, size } of reader.entries()) {
      assert.equal(size, content.length);
      appendFileSync(path, 'more');
      for await (const piece of body) pieces.push(piece);
    }
    assert.ok(Buffer.concat(pieces).equals(content));
    assert.deepEqual(problems, [{ level: 'warning', path: '', message: 'changed while it was read' }]);
  });

  test('throws for a file that becomes shorter than was promised', async (t) => {
    const root = temporary(t);
    writeFileSync(join(root, 'log'), bytesOf(4 << 20));
    const read = async (): Promise<void> => {
      for await (const { path, body } of readerOf(root).reader.entries()) {
        if (path === 'log') truncateSync(join(root, 'log'), 100);
        await drain(body);
      }
    };
    await assert.rejects(read, { code: 'KX_COPY_INCOMPLETE', message: /log became shorter/ });
  });

  test('reads to its end a file whose size is not what it says', { skip: process.platform !== 'linux' }, async () => {
    const { reader, problems } = readerOf('/proc/version');
    const [entry] = await readAll(reader);
    assert.match(entry!.bytes.toString(), /^Linux version .*\n$/s);
    assert.deepEqual([entry!.size, problems], [entry!.bytes.length, []]);
  });

  test('reports a file that vanishes, and reads the rest', async (t) => {
    const root = temporary(t);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), name);
    const { reader, problems } = readerOf(root);
    const paths: string[] = [];
    for await (const { path } of reader.entries()) {
      paths.push(path);
      if (path === 'a') rmSync(join(root, 'b'));
    }
    assert.deepEqual(paths, ['', 'a', 'c']);
    assert.deepEqual(problems, [{ level: 'failure', path: 'b', message: 'not read: no such file or directory' }]);
  });

  test(
    'leaves no file open, whether bodies are read, skipped or left early',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const root = temporary(t);
      for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), bytesOf(2 << 20));
      const open = (): number => readdirSync('/proc/self/fd').length;
      const before = open();
      for await (const { path, body } of readerOf(root).reader.entries()) {
        if (path === 'a') await body[Symbol.asyncIterator]().next();
        if (path === 'c') break;
      }
      await readAll(readerOf(root).reader);
      assert.equal(open(), before);
    },
  );
});
