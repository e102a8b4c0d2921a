import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRemoteTree, type RemoteTreeOptions } from '../../../src/lib/copy/from-container/remote-reader.ts';
import type { Programs } from './support/programs.ts';
import {
  folder,
  has,
  localEnd,
  makeTree,
  readFacts,
  senderPrograms,
  treeFacts,
  writeShell,
  type TestEnd,
} from './support/sent-tree.ts';

const gnu = senderPrograms('dash', 'tar');

function options(from: TestEnd, path: string, more: Partial<RemoteTreeOptions> = {}): RemoteTreeOptions {
  return { path, filter: () => true, report: from.report, tar: true, ...more };
}

/** The bytes of one file, and what was reported. */
async function readFile(from: TestEnd, path: string, during?: (read: number) => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let read = 0;
  for await (const { path: at, body } of readRemoteTree(from.end, options(from, path)).entries()) {
    assert.equal(at, '');
    for await (const piece of body) {
      pieces.push(Buffer.from(piece));
      read += piece.length;
      during?.(read);
    }
  }
  return Buffer.concat(pieces);
}

/** What is older than the copy need not be summed up: `stat` tells. Without it the sum is compared, without gzip all is read again. */
const ways: readonly { readonly name: string; readonly programs: Programs }[] = [
  { name: 'where stat tells that nothing changed', programs: gnu },
  { name: 'where gzip makes the sum', programs: senderPrograms('dash', 'tar', ['stat']) },
  { name: 'where all has to be read again', programs: senderPrograms('dash', 'tar', ['stat', 'gzip']) },
  { name: 'with busybox', programs: senderPrograms('busybox', 'busybox') },
  { name: 'with bash and toybox', programs: senderPrograms('bash', 'toybox') },
  { name: 'without tar', programs: senderPrograms('dash', '') },
];

for (const { name, programs } of ways) {
  test(`a stream that is cut anywhere is whole in the end, ${name}`, async (context) => {
    const root = join(folder(context), 'tree');
    makeTree(root, 600_000);
    const whole = treeFacts(root);
    const length = 700_000;
    for (let round = 0; round < (programs.tar ? 8 : 3); round++) {
      const cuts = Array.from({ length: 4 }, () => Math.floor(Math.random() * length));
      const from = localEnd({ programs, cwd: '/', cut: (exec) => (exec < 4 ? { down: cuts[exec]! } : {}) });
      const read = await readFacts(readRemoteTree(from.end, options(from, root, { tar: programs.tar })));
      assert.deepEqual(read, whole, `cuts at ${cuts.join(', ')}`);
      assert.deepEqual(
        from.problems.filter(({ level }) => level === 'failure'),
        [],
      );
    }
  });
}

for (const compress of ['gzip', 'zstd'] as const) {
  test(
    `a stream squeezed with ${compress} that is cut is whole in the end`,
    { skip: !has(compress) },
    async (context) => {
      const root = join(folder(context), 'tree');
      makeTree(root, 600_000);
      for (let round = 0; round < 5; round++) {
        const cut = (exec: number): { down?: number } =>
          exec < 3 ? { down: Math.floor(Math.random() * 500_000) } : {};
        const from = localEnd({ programs: gnu, cwd: '/', cut });
        assert.deepEqual(
          await readFacts(
            readRemoteTree(from.end, options(from, root, { compression: { tool: compress, always: true } })),
          ),
          treeFacts(root),
        );
      }
    },
  );
}

test('a large file goes on where it was cut, without being sent again', async (context) => {
  const file = join(folder(context), 'file');
  writeFileSync(file, randomBytes(8 << 20));
  utimesSync(file, 1000, 1000);
  let heard = 0;
  const from = localEnd({ programs: gnu, cwd: '/', cut: (exec) => (exec < 6 ? { down: 1_300_000 } : {}) });
  const exec = from.end.transport.exec.bind(from.end.transport);
  const counted = {
    ...from.end,
    transport: {
      name: 'counted',
      exec: async (...call: Parameters<typeof exec>) => {
        const remote = await exec(...call);
        remote.stdout.on('data', (chunk: Buffer) => (heard += chunk.length)).pause();
        return remote;
      },
    },
  };
  assert.ok(readFileSync(file).equals(await readFile({ ...from, end: counted }, file)));
  assert.equal(from.retried.length, 6);
  assert.ok(heard < 9 << 20, `${heard} bytes came`);
});

test('tries that are used up end with the error of the connection', async (context) => {
  const root = join(folder(context), 'tree');
  makeTree(root, 100_000);
  for (const down of [0, 10, 100, 1000, 50_000]) {
    const from = localEnd({ programs: gnu, cwd: '/', tries: 3, cut: (exec) => ({ down: exec === 0 ? down : 0 }) });
    await assert.rejects(readFacts(readRemoteTree(from.end, options(from, root))), { code: 'KX_CONNECTION_LOST' });
    assert.equal(from.retried.length, 3);
  }
});

test('a stream that is read again without ever getting further does not go on for ever', async (context) => {
  const file = join(folder(context), 'file');
  writeFileSync(file, randomBytes(4 << 20));
  const programs = senderPrograms('dash', 'tar', ['stat', 'gzip']);
  const from = localEnd({ programs, cwd: '/', tries: 4, cut: (exec) => ({ down: exec === 0 ? 2 << 20 : 1 << 20 }) });
  await assert.rejects(readFile(from, file), { code: 'KX_CONNECTION_LOST' });
  assert.equal(from.retried.length, 4);
});

/** Changes a file of 4 MiB when the connection is lost in the middle of it. */
async function changedFile(
  file: string,
  programs: Programs,
  change: () => void,
): Promise<{ readonly read: Buffer; readonly from: TestEnd }> {
  const cut = (exec: number): { down?: number } => (exec === 0 ? { down: 2 << 20 } : {});
  const from = localEnd({ programs, cwd: '/', cut, onRetry: change });
  return { read: await readFile(from, file), from };
}

// A single file comes without the tar of toybox.
for (const { name, programs } of ways.filter(
  ({ programs: { name } }) => name.includes('tar of') && !name.includes('toybox'),
)) {
  test(`a file whose first part changes before it goes on is never mixed, ${name}`, async (context) => {
    const file = join(folder(context), 'file');
    const first = randomBytes(4 << 20);
    const changes = {
      'written over in place, with its old time': () => {
        const second = Buffer.from(first);
        second[70_000]! ^= 1;
        writeFileSync(file, second);
        utimesSync(file, 1000, 1000);
      },
      replaced: () => {
        writeFileSync(`${file}.new`, randomBytes(4 << 20));
        renameSync(`${file}.new`, file);
      },
      shortened: () => writeFileSync(file, first.subarray(0, 3 << 20)),
    };
    for (const [how, change] of Object.entries(changes)) {
      writeFileSync(file, first);
      utimesSync(file, 1000, 1000);
      await assert.rejects(
        changedFile(file, programs, change),
        { code: 'KX_COPY_INCOMPLETE', message: /changed/ },
        how,
      );
    }
    writeFileSync(file, first);
    await assert.rejects(
      changedFile(file, programs, () => rmSync(file)),
      { code: 'KX_COPY_SOURCE' },
    );
    writeFileSync(file, first);
    const grown = await changedFile(file, programs, () => appendFileSync(file, 'more'));
    assert.ok(grown.read.equals(first));
    assert.deepEqual(
      grown.from.problems.map(({ level }) => level),
      ['warning'],
    );
  });
}

test('a tree that changes while the connection is lost has each finished file once, and all others', async (context) => {
  const root = join(folder(context), 'tree');
  mkdirSync(root);
  const name = (index: number): string => `f${String(index).padStart(3, '0')}`;
  for (let index = 0; index < 60; index++) writeFileSync(join(root, name(index)), randomBytes(20_000));
  for (const programs of [gnu, senderPrograms('dash', '')]) {
    const seen: string[] = [];
    let expected: string[] = [];
    const cut = (exec: number): { down?: number } => (exec === 0 ? { down: 500_000 } : {});
    const onRetry = (): void => {
      // All that follows moves, and something new is there.
      for (let index = 0; index < 60; index += 7) rmSync(join(root, name(index)), { force: true });
      for (let index = 0; index < 5; index++) writeFileSync(join(root, `0new${index}`), randomBytes(1000));
      expected = [...Object.keys(treeFacts(root)).filter((path) => path !== '')];
    };
    const from = localEnd({ programs, cwd: '/', cut, onRetry });
    try {
      const contents: Record<string, Buffer> = {};
      for await (const { path, body, kind } of readRemoteTree(
        from.end,
        options(from, root, { tar: programs.tar }),
      ).entries()) {
        assert.ok(!(path in contents), path);
        const pieces: Buffer[] = [];
        for await (const piece of body) pieces.push(Buffer.from(piece));
        contents[path] = Buffer.concat(pieces);
        if (kind === 'file') seen.push(path);
      }
      for (const path of expected) assert.ok(contents[path]?.equals(readFileSync(join(root, path))), path);
      assert.ok(seen.length >= expected.length);
    } catch (error) {
      // The file in progress may be one of those that are gone.
      assert.equal((error as { code?: string }).code, 'KX_COPY_INCOMPLETE');
    }
    for (let index = 0; index < 60; index++) writeFileSync(join(root, name(index)), randomBytes(20_000));
    for (let index = 0; index < 5; index++) rmSync(join(root, `0new${index}`));
  }
});

test('a container that was started again meanwhile is not gone on with', async (context) => {
  const file = join(folder(context), 'file');
  writeFileSync(file, randomBytes(4 << 20));
  const programs = senderPrograms('dash', 'tar');
  const other = join(programs.path, 'other');
  renameSync(join(programs.path, 'sh'), join(programs.path, 'real'));
  const real = join(programs.path, 'real');
  writeShell(
    programs,
    `[ "$3" = kx-cp ] && [ -e ${other} ] && { ${real} "$@" | /bin/sed '1s/^kx [^ ]*/kx other/'; exit; }; exec ${real} "$@"`,
  );
  const cut = (exec: number): { down?: number } => (exec === 0 ? { down: 1 << 20 } : {});
  const from = localEnd({ programs, cwd: '/', cut, onRetry: () => writeFileSync(other, '') });
  await assert.rejects(readFile(from, file), { code: 'KX_TARGET_CHANGED' });
});

test('an aborted copy ends with its reason', async (context) => {
  const file = join(folder(context), 'file');
  writeFileSync(file, randomBytes(4 << 20));
  const from = localEnd({ programs: gnu, cwd: '/' });
  const abort = new AbortController();
  const end = { ...from.end, signal: abort.signal };
  const reason = new Error('stop');
  await assert.rejects(
    readFile({ ...from, end }, file, () => abort.abort(reason)),
    (error) => error === reason,
  );
});
