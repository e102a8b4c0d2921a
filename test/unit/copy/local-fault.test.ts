import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { copyTree } from '../../../src/lib/copy/copy-tree.ts';
import type { Entry } from '../../../src/lib/copy/entry.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { temporary, writerTo } from './support/local.ts';
import { bytesOf, entry } from './support/trees.ts';

const root = entry('', 'directory');
const silent = { onEntry: () => {}, onBytes: () => {} };
const lost = new KxError('KX_CONNECTION_LOST', 'gone');

/** A file whose body ends after some bytes, with an error or without. */
function cutOff(path: string, size: number, arrives: number, error?: Error): Entry {
  async function* body(): AsyncGenerator<Buffer> {
    await Promise.resolve();
    yield bytesOf(arrives);
    if (error !== undefined) throw error;
  }
  return { ...entry(path, 'file'), size, body: body() };
}

async function* each(entries: readonly Entry[]): AsyncGenerator<Entry> {
  await Promise.resolve();
  yield* entries;
}

/** Runs something with a small file system at `folder`; the test is skipped where that may not be mounted. */
async function withMount(t: TestContext, folder: string, options: string, run: () => Promise<void>): Promise<void> {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder], { stdio: 'ignore' });
  } catch {
    t.skip('needs the right to mount');
    return;
  }
  try {
    await run();
  } finally {
    execFileSync('umount', ['-l', folder]);
  }
}

suite('a local destination, when something goes wrong', () => {
  test('has no half file when a connection is lost: what came of it is kept, one that was there is as it was', async (t) => {
    for (const size of [1000, 5_000_000]) {
      const folder = temporary(t);
      writeFileSync(join(folder, 'old'), 'old');
      for (const name of ['new', 'old']) {
        const entries = [
          root,
          entry(`whole-${name}`, 'file', { bytes: bytesOf(10) }),
          cutOff(name, size, size / 2, lost),
        ];
        const { writer } = writerTo(folder);
        await assert.rejects(copyTree({ entries: () => each(entries) }, writer, silent), lost);
        assert.deepEqual((await writer.abort()).incomplete, []);
      }
      const kept = size > 1 << 20 ? ['.new.kx-part', '.old.kx-part'] : [];
      assert.deepEqual(readdirSync(folder).sort(), [...kept, 'old', 'whole-new', 'whole-old']);
      for (const name of kept) assert.equal(statSync(join(folder, name)).size, size / 2);
      assert.equal(readFileSync(join(folder, 'old'), 'utf8'), 'old');
    }
  });

  test('takes no file that is shorter or longer than it was said to be', async (t) => {
    const folder = temporary(t);
    for (const [size, arrives] of [
      [1000, 999],
      [1000, 1001],
      [0, 1],
      [5_000_000, 4_999_999],
      [5_000_000, 5_000_001],
    ] as const) {
      const { writer } = writerTo(folder);
      await assert.rejects(writer.write(cutOff('file', size, arrives)), {
        code: 'KX_COPY_INCOMPLETE',
        message: / bytes of file arrived$/,
      });
      assert.deepEqual(readdirSync(folder), []);
    }
  });

  test('gives directories their modes when a copy is given up', async (t) => {
    const folder = temporary(t);
    const { writer } = writerTo(join(folder, 'dest'));
    await writer.write(entry('', 'directory', { mode: 0o755 }));
    await assert.rejects(writer.write(cutOff('x', 10, 5, lost)), lost);
    await writer.abort();
    assert.equal(
      execFileSync('ls', ['-ld', join(folder, 'dest')])
        .toString()
        .slice(0, 10),
      'drwxr-xr-x',
    );
  });

  test('that is full ends the copy, and names a file that it was writing over', async (t) => {
    const small = join(temporary(t), 'small');
    await withMount(t, small, 'size=1m', async () => {
      const expected = { code: 'KX_COPY_DESTINATION', message: `cannot write ${small}/new: no space left on device` };
      const write = async (size: number): Promise<readonly string[]> => {
        const { writer } = writerTo(small);
        await assert.rejects(writer.write(entry('new', 'file', { bytes: bytesOf(size) })), expected);
        return (await writer.abort()).incomplete;
      };
      writeFileSync(join(small, 'fill'), bytesOf(900_000));
      for (const size of [200_000, 3_000_000])
        assert.deepEqual([await write(size), readdirSync(small)], [[], ['fill']]);
      writeFileSync(join(small, 'new'), 'old');
      assert.deepEqual([await write(3_000_000), readFileSync(join(small, 'new'), 'utf8')], [[], 'old']);
      assert.deepEqual([await write(250_000), readdirSync(small).sort()], [['new'], ['fill', 'new']]);
    });
  });

  test('that is read-only ends the copy', async (t) => {
    const still = join(temporary(t), 'still');
    await withMount(t, still, 'ro', async () => {
      const expected = { code: 'KX_COPY_DESTINATION', message: /read-only file system/ };
      await assert.rejects(writerTo(still).writer.write(entry('a', 'file', { bytes: bytesOf(3) })), expected);
      await assert.rejects(writerTo(join(still, 'a')).writer.write(root), expected);
    });
  });

  test('may be a file that is mounted where nothing else can be written', async (t) => {
    const folder = temporary(t);
    const still = join(folder, 'still');
    writeFileSync(join(folder, 'source'), 'old');
    await withMount(t, still, 'size=1m', async () => {
      const hosts = join(still, 'hosts');
      writeFileSync(hosts, '');
      execFileSync('mount', ['--bind', join(folder, 'source'), hosts]);
      execFileSync('mount', ['-o', 'remount,ro', still]);
      try {
        for (const size of [3, 1_000_000]) {
          const { writer, problems } = writerTo(hosts);
          await writer.write(entry('', 'file', { bytes: bytesOf(size) }));
          assert.deepEqual(problems, []);
          assert.ok(readFileSync(join(folder, 'source')).equals(bytesOf(size)));
        }
      } finally {
        execFileSync('umount', ['-l', hosts]);
      }
    });
  });
});
