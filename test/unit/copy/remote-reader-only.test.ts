import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { Entry } from '../../../src/lib/copy/entry.ts';
import { readRemoteTree, type RemoteTreeOptions } from '../../../src/lib/copy/from-container/remote-reader.ts';
import { listRemoteTree } from '../../../src/lib/copy/listing.ts';
import type { Programs } from './support/programs.ts';
import {
  folder,
  localEnd,
  makeTree,
  readFacts,
  senderPrograms,
  senderWays as ways,
  treeFacts,
  type Facts,
  type TestEnd,
} from './support/sent-tree.ts';

function options(from: TestEnd, path: string, more: Partial<RemoteTreeOptions> = {}): RemoteTreeOptions {
  return { path, filter: () => true, report: from.report, tar: true, ...more };
}

async function bytesOf(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

suite('a reader that is told what to read', () => {
  for (const programs of ways) {
    test(`reads that and nothing else, through cuts, with ${programs.name}`, async (context) => {
      const root = join(folder(context), 'tree');
      makeTree(root, 300_000);
      const whole = treeFacts(root);
      const listed = Object.keys(whole).filter((path) => !path.includes('\n'));
      const wanted = listed.filter((path, at) => at % 2 === 0 || whole[path]?.startsWith('directory'));
      const facts: Facts = Object.fromEntries(wanted.map((path) => [path, whole[path] ?? '']));
      for (const cuts of [[], [2000, 40_000, 90_000]]) {
        const from = localEnd({
          programs,
          cwd: '/',
          cut: (exec) => (cuts[exec] === undefined ? {} : { down: cuts[exec] }),
        });
        const read = await readFacts(
          readRemoteTree(from.end, options(from, root, { only: wanted, tar: programs.tar })),
        );
        assert.deepEqual(read, facts, programs.name);
        assert.deepEqual(from.problems, []);
      }
    });

    test(`says what of it is gone, once, with ${programs.name}`, async (context) => {
      const root = join(folder(context), 'tree');
      mkdirSync(root);
      for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), name);
      const from = localEnd({ programs, cwd: '/' });
      const { listing, exact } = await listRemoteTree(from.end, root);
      assert.ok(exact);
      rmSync(join(root, 'b'));
      const only = [...listing.keys()];
      const read = await readFacts(readRemoteTree(from.end, options(from, root, { only, tar: programs.tar })));
      assert.deepEqual(Object.keys(read).sort(), ['', 'a', 'c']);
      assert.deepEqual(
        from.problems.map(({ level, path }) => `${level} ${path}`),
        ['failure b'],
      );
    });
  }

  test('is told of nothing that is not in the list', async (context) => {
    const root = join(folder(context), 'tree');
    mkdirSync(root);
    writeFileSync(join(root, 'asked'), 'x');
    writeFileSync(join(root, 'other'), 'x');
    // What changes while a tar of busybox or toybox reads is looked for behind it.
    const from = localEnd({ programs: senderPrograms('bash', 'toybox'), cwd: '/' });
    const reader = readRemoteTree(from.end, options(from, root, { only: ['', 'asked'] }));
    for await (const { path } of reader.entries()) {
      if (path === 'asked') appendFileSync(join(root, 'other'), 'more');
    }
    assert.deepEqual(from.problems, []);
  });

  test('reads one file that it is told to read', async (context) => {
    const root = join(folder(context), 'file');
    writeFileSync(root, 'content');
    for (const programs of ways) {
      const from = localEnd({ programs, cwd: '/' });
      const reader = readRemoteTree(from.end, options(from, root, { only: [''], tar: programs.tar }));
      for await (const { path, body } of reader.entries()) {
        assert.equal(path, '');
        assert.equal((await bytesOf(body)).toString(), 'content');
      }
      assert.deepEqual(from.problems, []);
    }
  });

  test('reads nothing where the list is empty, and asks nobody', async () => {
    const from = localEnd({ programs: ways[0]!, cwd: '/' });
    assert.deepEqual(await readFacts(readRemoteTree(from.end, options(from, '/nowhere', { only: [] }))), {});
  });

  test('cannot be told of a tree with a newline in a name, or a directory that may not be read: the list is not exact', async (context) => {
    for (const programs of [ways[0]!, ways[2]!]) {
      const root = join(folder(context), `tree-${programs.name.length}`);
      mkdirSync(join(root, 'd'), { recursive: true });
      const from = localEnd({ programs, cwd: '/' });
      assert.equal((await listRemoteTree(from.end, root)).exact, true);
      symlinkSync('x', join(root, 'd', 'two\nlines'));
      assert.equal((await listRemoteTree(from.end, root)).exact, false);
      rmSync(join(root, 'd', 'two\nlines'));
      // A name that looks like two lines of the list.
      writeFileSync(join(root, 'a\n81a4 1 1 1 1:1 .'), '');
      assert.equal((await listRemoteTree(from.end, root)).exact, false);
    }
  });
});

suite('a reader that goes on inside a file', () => {
  const size = 3 << 20;
  const length = 2 << 20;

  /** Reads a tree of three files; of the second, `after` gives the rest. */
  async function readAfter(
    from: TestEnd,
    root: string,
    programs: Programs,
    take: (entry: Entry) => Promise<AsyncIterable<Buffer> | undefined>,
  ): Promise<{ readonly rest: Buffer | undefined; readonly others: Record<string, Buffer> }> {
    let rest: Buffer | undefined;
    const others: Record<string, Buffer> = {};
    for await (const entry of readRemoteTree(from.end, options(from, root, { tar: programs.tar })).entries()) {
      if (entry.path !== 'large') {
        others[entry.path] = await bytesOf(entry.body);
        continue;
      }
      const body = await take(entry);
      rest = body && (await bytesOf(body));
      if (body === undefined) others['large'] = await bytesOf(entry.body);
    }
    return { rest, others };
  }

  for (const programs of ways) {
    test(`gets what follows the bytes that it has, if they are the same, with ${programs.name}`, async (context) => {
      const root = join(folder(context), 'tree');
      mkdirSync(root);
      const bytes = randomBytes(size);
      for (const name of ['first', 'last']) writeFileSync(join(root, name), name);
      writeFileSync(join(root, 'large'), bytes);
      const crc = crc32(bytes.subarray(0, length));
      for (const cut of [undefined, 300_000]) {
        const from = localEnd({
          programs,
          cwd: '/',
          cut: (exec) => (exec > 1 && exec < 4 && cut !== undefined ? { down: cut } : {}),
        });
        const same = await readAfter(from, root, programs, async (entry) => entry.after?.({ length, crc32: crc }));
        assert.ok(same.rest?.equals(bytes.subarray(length)));
        assert.deepEqual([same.others['first']?.toString(), same.others['last']?.toString()], ['first', 'last']);
      }
      const from = localEnd({ programs, cwd: '/' });
      const other = await readAfter(from, root, programs, async (entry) =>
        entry.after?.({ length, crc32: (crc ^ 1) >>> 0 }),
      );
      assert.equal(other.rest, undefined);
      assert.ok(other.others['large']?.equals(bytes));
      assert.equal(other.others['last']?.toString(), 'last');
      const longer = await readAfter(from, root, programs, async (entry) =>
        entry.after?.({ length: size + 1, crc32: crc }),
      );
      assert.ok(longer.others['large']?.equals(bytes));
      const all = await readAfter(from, root, programs, async (entry) =>
        entry.after?.({ length: size, crc32: crc32(bytes) }),
      );
      assert.equal(all.rest?.length, 0);
      assert.equal(all.others['last']?.toString(), 'last');
    });
  }

  test('gets all of it where nothing in the container can tell', async (context) => {
    const programs = senderPrograms('dash', 'tar', ['gzip']);
    const root = join(folder(context), 'tree');
    mkdirSync(root);
    const bytes = randomBytes(size);
    writeFileSync(join(root, 'large'), bytes);
    const from = localEnd({ programs, cwd: '/' });
    const { rest, others } = await readAfter(from, root, programs, async (entry) =>
      entry.after?.({ length, crc32: crc32(bytes.subarray(0, length)) }),
    );
    assert.equal(rest, undefined);
    assert.ok(others['large']?.equals(bytes));
  });

  test('compares by SHA-256 where that is what both know, and goes on through cuts', async (context) => {
    const programs = senderPrograms('dash', 'tar', ['gzip']);
    symlinkSync(spawnSync('which', ['sha256sum']).stdout.toString().trim(), join(programs.path, 'sha256sum'));
    const root = join(folder(context), 'tree');
    mkdirSync(root);
    const bytes = randomBytes(size);
    writeFileSync(join(root, 'large'), bytes);
    // Not written to since the copy began, or nothing could tell when it is cut.
    await delay(1100);
    const cut = (exec: number): { down?: number } => (exec > 1 && exec < 4 ? { down: 300_000 } : {});
    const from = localEnd({ programs, cwd: '/', cut });
    const sha256 = createHash('sha256').update(bytes.subarray(0, length)).digest('hex');
    const same = await readAfter(from, root, programs, async (entry) => entry.after?.({ length, sha256 }));
    assert.ok(same.rest?.equals(bytes.subarray(length)));
    const other = await readAfter(localEnd({ programs, cwd: '/' }), root, programs, async (entry) =>
      entry.after?.({ length, sha256: sha256.replace(/./g, '0') }),
    );
    assert.ok(other.others['large']?.equals(bytes));
  });

  test('does not mix two files when what it has is changed behind it', async (context) => {
    const programs = ways[0]!;
    const root = join(folder(context), 'tree');
    mkdirSync(root);
    const bytes = randomBytes(size);
    writeFileSync(join(root, 'large'), bytes);
    const other = randomBytes(size);
    // The first sender, what ends it, and the one that goes on.
    const cut = (exec: number): { down?: number } => (exec === 2 ? { down: 400_000 } : {});
    const onRetry = (): void => writeFileSync(join(root, 'large'), other);
    const from = localEnd({ programs, cwd: '/', cut, onRetry });
    const reading = readAfter(from, root, programs, async (entry) =>
      entry.after?.({ length, crc32: crc32(bytes.subarray(0, length)) }),
    );
    await assert.rejects(reading, { code: 'KX_COPY_INCOMPLETE' });
  });
});
