import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRemoteTree, type RemoteTreeOptions } from '../../../src/lib/copy/from-container/remote-reader.ts';
import { shellNames } from './support/programs.ts';
import {
  folder,
  has,
  localEnd,
  makeSocket,
  makeTree,
  readFacts,
  senderPrograms,
  treeFacts,
  withoutRoot,
  writeShell,
  type TestEnd,
} from './support/sent-tree.ts';

const tars = ['tar', 'busybox', 'bsdtar', 'toybox'].filter(has);
const gnu = senderPrograms('dash', 'tar');

function options(from: TestEnd, path: string, more: Partial<RemoteTreeOptions> = {}): RemoteTreeOptions {
  return { path, filter: () => true, report: from.report, tar: true, ...more };
}

const failures = (from: TestEnd): string[] =>
  from.problems.filter(({ level }) => level === 'failure').map(({ path, message }) => `${path}: ${message}`);

for (const shell of shellNames()) {
  for (const tar of [...tars, '']) {
    const name = `${shell} and ${tar === '' ? 'no tar' : `the tar of ${tar}`}`;
    test(`a tree with every kind of name and file comes whole out of a container with ${name}`, async (context) => {
      const root = join(folder(context), 'tree');
      makeTree(root);
      await makeSocket(join(root, 'socket'));
      const from = localEnd({ programs: senderPrograms(shell, tar), cwd: '/' });
      const read = await readFacts(readRemoteTree(from.end, options(from, root, { tar: tar !== '' })));
      assert.deepEqual(read, treeFacts(root));
      assert.deepEqual(failures(from), []);
      const skipped = from.problems.filter(({ path }) => path === 'fifo' || path === 'socket' || path === '');
      assert.ok(skipped.length >= 2, JSON.stringify(from.problems));
      assert.ok(skipped.every(({ level }) => level === 'warning'));
    });
  }
}

for (const missing of [['stat'], ['head'], ['stat', 'date', 'find']]) {
  test(`without tar, ${missing.join(', ')} the contents and names are still whole`, async (context) => {
    const root = join(folder(context), 'tree');
    makeTree(root, 100_000);
    const from = localEnd({ programs: senderPrograms('dash', '', missing), cwd: '/' });
    const read = await readFacts(readRemoteTree(from.end, options(from, root, { tar: false })));
    const content = (all: Record<string, string>): [string, string | undefined][] =>
      Object.entries(all)
        .map(([path, text]): [string, string | undefined] => [path, text.split(' ').at(-1)])
        .sort();
    assert.deepEqual(content(read), content(treeFacts(root)));
    assert.deepEqual(failures(from), []);
  });
}

for (const compress of ['gzip', 'zstd'] as const) {
  test(`a stream that is squeezed with ${compress} comes out the same`, { skip: !has(compress) }, async (context) => {
    const root = join(folder(context), 'tree');
    makeTree(root, 300_000);
    const from = localEnd({ programs: gnu, cwd: '/' });
    assert.deepEqual(
      await readFacts(readRemoteTree(from.end, options(from, root, { compression: { tool: compress, always: true } }))),
      treeFacts(root),
    );
  });
}

test('the root may be a file, a symlink, relative, or have any name', async (context) => {
  const at = folder(context);
  makeTree(join(at, 'tree'), 1000);
  symlinkSync('tree', join(at, 'to-tree'));
  symlinkSync('tree/a', join(at, 'to-file'));
  const odd = '-n\xff\n \\ \n';
  mkdirSync(Buffer.from(`${at}/${odd}`, 'latin1'));
  writeFileSync(Buffer.from(`${at}/${odd}/${odd}`, 'latin1'), 'odd');
  const whole = treeFacts(join(at, 'tree'));
  for (const programs of [
    gnu,
    senderPrograms('busybox', 'busybox'),
    senderPrograms('bash', 'toybox'),
    senderPrograms('dash', ''),
  ]) {
    const read = (path: string): Promise<Record<string, string>> => {
      const from = localEnd({ programs, cwd: at });
      return readFacts(readRemoteTree(from.end, options(from, path, { tar: programs.tar })));
    };
    assert.deepEqual(await read('tree'), whole);
    assert.deepEqual(await read('tree/'), whole);
    assert.deepEqual(await read('tree/.'), whole);
    assert.deepEqual(await read('to-tree'), whole);
    assert.deepEqual(await read(`${at}/to-tree`), whole);
    assert.deepEqual(await read('tree/a'), { '': whole['a'] });
    assert.deepEqual(await read('to-file'), { '': whole['a'] });
    assert.deepEqual(Object.keys(await read(odd)), ['', odd]);
    assert.deepEqual(Object.keys(await read(`${odd}/${odd}`)), ['']);
  }
});

test('a source that is not there, or is no file, is said so', async (context) => {
  const at = folder(context);
  makeTree(join(at, 'tree'), 10);
  for (const path of ['nothing', 'tree/dangling', 'tree/a/b', 'tree/fifo', 'tree/a/']) {
    for (const tar of [true, false]) {
      const from = localEnd({ programs: gnu, cwd: at });
      await assert.rejects(
        readFacts(readRemoteTree(from.end, options(from, path, { tar }))),
        { code: 'KX_COPY_SOURCE' },
        path,
      );
    }
  }
});

for (const tar of [...tars, '']) {
  const made = senderPrograms(tar === 'busybox' ? 'busybox' : 'dash', tar);
  const programs = withoutRoot(made);
  test(
    `what may not be read is reported and the rest is copied: ${made.name}`,
    { skip: programs === undefined },
    async (context) => {
      const root = join(folder(context), 'tree');
      makeTree(root, 1000);
      writeFileSync(join(root, 'secret'), 'x');
      mkdirSync(join(root, 'closed'));
      const expected = Object.keys(treeFacts(root)).filter((path) => path !== 'closed' && path !== 'secret');
      if (process.geteuid?.() === 0) spawnSync('chown', ['-R', '-h', '65534:65534', root]);
      chmodSync(join(root, 'setuid'), 0o4755);
      chmodSync(join(root, 'secret'), 0);
      chmodSync(join(root, 'closed'), 0);
      const from = localEnd({ programs: programs ?? made, cwd: '/' });
      const read = await readFacts(readRemoteTree(from.end, options(from, root, { tar: made.tar })));
      assert.deepEqual(
        Object.keys(read)
          .filter((path) => path !== 'closed')
          .sort(),
        expected.sort(),
      );
      assert.match(failures(from).sort().join('\n'), /^closed: .*denied\nsecret: .*denied$/);
      chmodSync(join(root, 'closed'), 0o755);
    },
  );
}

test('a file that shrinks while it is read is a failure of that file, and the rest is copied', async (context) => {
  for (const programs of [...tars, ''].map((tar) => senderPrograms(tar === 'busybox' ? 'busybox' : 'dash', tar))) {
    const root = join(folder(context), 'tree');
    mkdirSync(root);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), Buffer.alloc(4 << 20, name));
    const from = localEnd({ programs, cwd: '/' });
    let shrunk = '';
    const sizes: number[] = [];
    for await (const { path, body } of readRemoteTree(from.end, options(from, root, { tar: programs.tar })).entries()) {
      let size = 0;
      for await (const piece of body) {
        if (shrunk === '') truncateSync(join(root, (shrunk = path)), 1000);
        size += piece.length;
      }
      if (path !== '') sizes.push(size);
    }
    assert.deepEqual(sizes, [4 << 20, 4 << 20, 4 << 20], programs.name);
    assert.match(failures(from).join('\n'), new RegExp(`^${shrunk}: File shrank`), programs.name);
    assert.equal(failures(from).length, 1, programs.name);
  }
});

test('a file that grows while it is read is a warning', async (context) => {
  for (const programs of [gnu, senderPrograms('dash', '')]) {
    const root = join(folder(context), 'file');
    writeFileSync(root, Buffer.alloc(4 << 20, 'x'));
    const from = localEnd({ programs, cwd: '/' });
    for await (const { body } of readRemoteTree(from.end, options(from, root, { tar: programs.tar })).entries()) {
      let size = 0;
      for await (const piece of body) {
        if (size === 0) appendFileSync(root, 'more');
        size += piece.length;
      }
      assert.equal(size, 4 << 20);
    }
    assert.deepEqual(from.problems, [{ level: 'warning', path: '', message: 'file changed as we read it' }]);
  }
});

test('what the filter leaves out does not come, nor anything in it, and its hard links are failures', async (context) => {
  const root = join(folder(context), 'tree');
  makeTree(root, 1000);
  const from = localEnd({ programs: gnu, cwd: '/' });
  const filter = (path: string): boolean => !['a', 'z-hard', '.hidden', 'large'].includes(path);
  const read = await readFacts(readRemoteTree(from.end, options(from, root, { filter })));
  const expected = Object.entries(treeFacts(root)).filter(([path]) => filter(path.split('/')[0] ?? ''));
  assert.deepEqual(read, Object.fromEntries(expected));
  const only = localEnd({ programs: gnu, cwd: '/' });
  const first = (await readFacts(readRemoteTree(only.end, options(only, root, { filter: (path) => path !== 'a' }))))[
    'z-hard'
  ];
  const failed = failures(only);
  // Which of the two names comes first is up to the file system.
  assert.ok(first === undefined ? /^z-hard: .*left out/.test(failed.join()) : failed.length === 0);
});

test('more bytes than were allowed end the copy', async (context) => {
  const root = join(folder(context), 'tree');
  makeTree(root, 100_000);
  for (const maxBytes of [1, 99_999]) {
    const from = localEnd({ programs: gnu, cwd: '/' });
    const reader = readRemoteTree(from.end, options(from, root, { maxBytes }));
    await assert.rejects(readFacts(reader), { code: 'KX_COPY_DESTINATION', hint: /--max-size/ });
  }
});

test('a consumer may leave a body, or the whole tree, before its end', async (context) => {
  const root = join(folder(context), 'tree');
  makeTree(root);
  const from = localEnd({ programs: gnu, cwd: '/' });
  const paths: string[] = [];
  for await (const { path, body } of readRemoteTree(from.end, options(from, root)).entries()) {
    paths.push(path);
    await body[Symbol.asyncIterator]().next();
  }
  assert.deepEqual(paths.sort(), Object.keys(treeFacts(root)).sort());
  for await (const { path } of readRemoteTree(from.end, options(from, root)).entries()) if (path !== '') break;
});

test('a container without a shell is told by its error', async () => {
  const programs = senderPrograms('dash', 'tar');
  writeShell(programs, 'exit 127');
  const from = localEnd({ programs, cwd: '/' });
  await assert.rejects(readFacts(readRemoteTree(from.end, options(from, '/tmp'))), { code: 'KX_SHELL_MISSING' });
});

test('a tar that is missing or fails without a word is an incomplete copy', async (context) => {
  const root = join(folder(context), 'tree');
  makeTree(root, 10);
  const missing = localEnd({ programs: senderPrograms('dash', ''), cwd: '/' });
  await assert.rejects(readFacts(readRemoteTree(missing.end, options(missing, root))), { code: 'KX_COPY_INCOMPLETE' });
  const programs = senderPrograms('dash', '');
  writeFileSync(join(programs.path, 'tar'), '#!/bin/sh\n[ "$1" = --version ] || { /bin/tar "$@"; exit 3; }\n', {
    mode: 0o755,
  });
  const silent = localEnd({ programs, cwd: '/' });
  await assert.rejects(readFacts(readRemoteTree(silent.end, options(silent, root))), { code: 'KX_COPY_INCOMPLETE' });
});
