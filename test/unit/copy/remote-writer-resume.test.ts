import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { after, suite, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { copyTree } from '../../../src/lib/copy/copy-tree.ts';
import type { Entry, Problem, Remains } from '../../../src/lib/copy/entry.ts';
import type { Retry } from '../../../src/lib/copy/retry.ts';
import { writeRemoteTree } from '../../../src/lib/copy/to-container/remote-writer.ts';
import type { RemoteWriterOptions } from '../../../src/lib/copy/to-container/writing.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { deriveProcess, type RemoteProcess } from '../../../src/lib/process/index.ts';
import type { Transport } from '../../../src/lib/transport/index.ts';
import { localTransport, type Cut } from '../../support/local-transport.ts';
import type { Programs } from './support/programs.ts';
import { senderPrograms } from './support/sent-tree.ts';
import { assertTree, bytesOf, entry, sampleTree } from './support/trees.ts';

const folder = mkdtempSync(join(tmpdir(), 'kx-resume-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const fresh = (): string => mkdtempSync(join(folder, 'base-'));

/** With what tells a CRC-32. */
function withSums(shell: string, tar: string, without: readonly string[] = []): Programs {
  const programs = senderPrograms(shell, tar, without);
  const od = spawnSync('which', [shell === 'busybox' ? 'busybox' : 'od'])
    .stdout.toString()
    .trim();
  symlinkSync(od, join(programs.path, 'od'));
  return programs;
}

/** With what tells a SHA-256, and no CRC-32. */
function withSha256(shell: string, tar: string): Programs {
  const programs = senderPrograms(shell, tar, ['gzip']);
  symlinkSync(spawnSync('which', ['sha256sum']).stdout.toString().trim(), join(programs.path, 'sha256sum'));
  return { ...programs, name: `${programs.name} without gzip` };
}

const usual = withSums('dash', 'tar');
const ways = [
  usual,
  withSums('busybox', 'busybox'),
  withSums('bash', 'toybox'),
  withSums('dash', ''),
  withSha256('dash', 'tar'),
];
const size = (12 << 20) + 70_001;
const bytes = bytesOf(size, 11);

/** A file that goes on behind what is the same, and what was asked of it. */
function resumable(content = bytes, asked: string[] = [], path = ''): Entry {
  return entry(path, 'file', {
    bytes: content,
    after: ({ length, crc32: crc, sha256 }) => {
      const own = content.subarray(0, length);
      const same = crc === undefined ? sha256 === sha256Of(own) : crc === crc32(own);
      asked.push(same ? `from ${length}` : 'other');
      return Promise.resolve(same ? pieces(content.subarray(length)) : undefined);
    },
  });
}

function sha256Of(own: Buffer): string {
  return createHash('sha256').update(own).digest('hex');
}

async function* pieces(content: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(content);
}

interface How extends Partial<RemoteWriterOptions> {
  readonly cut?: (exec: number) => Cut;
  readonly transport?: Transport;
  readonly tries?: number;
}

/** Copies, and gives what came of it, and how many bytes went to the container. */
async function copy(entries: readonly Entry[], to: string, how: How = {}, by = usual): Promise<Copied> {
  const { cut, tries = 0, transport = localTransport({ path: by.path, ...(cut && { cut }) }), ...options } = how;
  const problems: Problem[] = [];
  let [sent, left] = [0, tries];
  const retry: Retry = {
    again: (error) =>
      error instanceof KxError && error.code === 'KX_CONNECTION_LOST' && left-- > 0
        ? Promise.resolve()
        : Promise.reject(error instanceof Error ? error : new Error(String(error))),
    progressed: () => {
      left = tries;
    },
  };
  const counting: Transport = {
    name: 'counting',
    exec: async (target, request) => {
      const remote = await transport.exec(target, request);
      const stdin = remote.stdin as NonNullable<RemoteProcess['stdin']>;
      const write = stdin.write.bind(stdin) as (chunk: Buffer) => boolean;
      stdin.write = (chunk: Buffer) => {
        sent += chunk.length;
        return write(chunk);
      };
      return remote;
    },
  };
  const { signal } = new AbortController();
  const writer = writeRemoteTree(
    { transport: counting, target: { namespace: 'n', pod: 'p' }, signal, retry },
    {
      ...{ destination: Buffer.from(to).toString('latin1'), report: (problem) => problems.push(problem) },
      ...{ preserve: true, sameOwner: false, tar: by.tar, ...options },
    },
  );
  let remains: Remains | undefined;
  let error: unknown;
  async function* all(): AsyncGenerator<Entry> {
    await Promise.resolve();
    yield* entries;
  }
  const progress = { onEntry: () => {}, onBytes: () => {}, onStopped: (what: Remains) => (remains = what) };
  await copyTree({ entries: all }, writer, progress).catch((thrown: unknown) => {
    error = thrown;
  });
  return { problems, sent, remains, error };
}

interface Copied {
  readonly problems: readonly Problem[];
  readonly sent: number;
  readonly remains: Remains | undefined;
  readonly error: unknown;
}

/** Copies in part: what there is then is left by a run of this mark. */
async function copyInPart(to: string, by: Programs, mark: string, content = bytes): Promise<Copied> {
  const copied = await copy([resumable(content)], to, { mark, cut: () => ({ up: 9 << 20 }) }, by);
  assert.equal((copied.error as { code?: string }).code, 'KX_CONNECTION_LOST');
  return copied;
}

function assertWhole({ error, problems }: Copied): void {
  if (error !== undefined) throw error as Error;
  assert.deepEqual(problems, []);
}

const mark = '0123abcd';
const over = { marks: [mark], made: true };
const anybody = { marks: [], made: false };

for (const by of ways) {
  suite(`a large file that came in part to ${by.name}`, () => {
    for (const former of [undefined, 'former']) {
      test(`is gone on with ${former === undefined ? '' : 'over a file that is there '}by a copy that resumes`, async () => {
        const base = fresh();
        const to = join(base, "it's\na name");
        if (former !== undefined) writeFileSync(to, former);
        const first = await copyInPart(to, by, mark);
        assert.equal(first.remains?.incomplete.length, 0);
        const asked: string[] = [];
        const copied = await copy([resumable(bytes, asked)], to, { resume: over }, by);
        assertWhole(copied);
        assert.match(asked.join(), /^from \d+$/);
        assert.ok(readFileSync(to).equals(bytes));
        assert.deepEqual(readdirSync(base), ["it's\na name"]);
        assert.ok(copied.sent < size - (3 << 20), `${copied.sent} bytes were sent`);
      });
    }

    test('is gone on with through cuts, too', async () => {
      const to = join(fresh(), 'file');
      await copyInPart(to, by, mark);
      const cut = (exec: number): Cut => (exec < 4 ? { up: 900_000 } : {});
      assertWhole(await copy([resumable()], to, { resume: over, cut, tries: 5 }, by));
      assert.ok(readFileSync(to).equals(bytes));
    });

    test('is begun anew where the source has something else now', async () => {
      const base = fresh();
      const to = join(base, 'file');
      await copyInPart(to, by, mark);
      const other = bytesOf(size, 12);
      const asked: string[] = [];
      assertWhole(await copy([resumable(other, asked)], to, { resume: over }, by));
      assert.deepEqual(asked, ['other']);
      assert.ok(readFileSync(to).equals(other));
      assert.deepEqual(readdirSync(base), ['file']);
    });

    test('of a tree is gone on with', async () => {
      const to = join(fresh(), 'tree');
      const tree = (): Entry[] => [entry('', 'directory'), entry('d', 'directory'), resumable(bytes, [], 'd/file')];
      const first = await copy(tree(), to, { mark, cut: () => ({ up: 9 << 20 }) }, by);
      assert.equal((first.error as { code?: string }).code, 'KX_CONNECTION_LOST');
      const second = await copy(tree(), to, { resume: over }, by);
      assertWhole(second);
      await assertTree(to, tree());
      assert.ok(second.sent < size - (3 << 20), `${second.sent} bytes were sent`);
    });

    test('gets through a link that breaks after each 300 KB, with the small ones around it', async () => {
      const to = join(fresh(), 'tree');
      const copied = await copy(sampleTree(), to, { cut: () => ({ up: 300_000 }), tries: 2 }, by);
      assertWhole(copied);
      await assertTree(to, sampleTree());
    });
  });
}

suite('what was left of a large file', () => {
  test('by an unknown run is taken when nobody has written to it for a minute', async () => {
    const base = fresh();
    const to = join(base, 'file');
    await copyInPart(to, usual, mark);
    const [left = ''] = readdirSync(base);
    assert.match(left, /^\.file\.kx-part-0123abcd-1$/);
    const asked: string[] = [];
    assertWhole(await copy([resumable(bytes, asked)], to, { resume: anybody }));
    assert.deepEqual(asked, [], 'it may be in work');
    assert.deepEqual(readdirSync(base), [left, 'file']);
    utimesSync(join(base, left), 1e9, 1e9);
    assertWhole(await copy([resumable(bytes, asked)], to, { resume: anybody }));
    assert.match(asked.join(), /^from/);
    assert.deepEqual(readdirSync(base), ['file']);
  });

  test('is tried from the largest on, and what is of no use is removed', async () => {
    const base = fresh();
    const to = join(base, 'file');
    const left = (name: string, content: Buffer): void => {
      writeFileSync(join(base, `.file.kx-part-${name}`), content);
      utimesSync(join(base, `.file.kx-part-${name}`), 1e9, 1e9);
    };
    left('11111111-1', bytesOf(6 << 20, 5));
    left('22222222-1', bytes.subarray(0, 5 << 20));
    left('33333333-1', bytes.subarray(0, 4 << 20));
    left('notamark-of-mine', bytes.subarray(0, 9 << 20));
    symlinkSync('/etc/passwd', join(base, '.file.kx-part-44444444-1'));
    const asked: string[] = [];
    assertWhole(await copy([resumable(bytes, asked)], to, { resume: anybody }));
    assert.deepEqual(asked, ['other', `from ${5 << 20}`]);
    assert.deepEqual(readdirSync(base).sort(), ['.file.kx-part-44444444-1', '.file.kx-part-notamark-of-mine', 'file']);
    assert.ok(readFileSync(to).equals(bytes));
  });

  test('is not taken from a receiver that is there still, unless its run is known to be over', async () => {
    const base = fresh();
    const to = join(base, 'file');
    const inner = localTransport({ path: usual.path });
    // After 9 MiB nothing gets through any more, and the container does not hear of it.
    const hanging: Transport = {
      name: 'hanging',
      async exec(target, request) {
        const remote = await inner.exec(target, request);
        const lost = Promise.withResolvers<never>();
        lost.promise.catch(() => {});
        let left = 9 << 20;
        const stdin = new Transform({
          transform: (chunk: Buffer, _encoding, done) => {
            const passed = chunk.subarray(0, left);
            left -= passed.length;
            if (left === 0) lost.reject(new KxError('KX_CONNECTION_LOST', 'silence', { ran: 'maybe' }));
            done(null, passed);
          },
        });
        stdin.pipe(remote.stdin as NonNullable<RemoteProcess['stdin']>);
        return deriveProcess(remote, { stdin, exit: lost.promise, disconnect: () => {} });
      },
    };
    const first = await copy([resumable()], to, { mark, transport: hanging });
    assert.equal((first.error as { code?: string }).code, 'KX_CONNECTION_LOST');
    const [left = ''] = readdirSync(base);
    utimesSync(join(base, left), 1e9, 1e9);
    const asked: string[] = [];
    assertWhole(await copy([resumable(bytes, asked)], to, { resume: anybody }));
    assert.deepEqual(asked, []);
    assertWhole(await copy([resumable(bytes, asked)], to, { resume: over }));
    assert.match(asked.join(), /^from/);
    assert.deepEqual(readdirSync(base), ['file']);
  });

  test('is removed by a copy that brings the file, when nobody has written to it for a minute', async () => {
    const base = fresh();
    const to = join(base, 'tree');
    mkdirSync(to);
    const left = ['file.kx-part-11111111-1', 'file.kx-part-11111111-2', 'other.kx-part-11111111-1'];
    for (const name of left) writeFileSync(join(to, `.${name}`), 'left');
    utimesSync(join(to, '.file.kx-part-11111111-1'), 1e9, 1e9);
    utimesSync(join(to, '.other.kx-part-11111111-1'), 1e9, 1e9);
    // What comes with the tree is a file like others.
    const own = entry('.own.kx-part-22222222-1', 'file', { bytes: bytesOf(100), mtime: 1e9 });
    const files = ['file', 'own'].map((name) => entry(name, 'file', { bytes: bytesOf(2 << 20) }));
    assertWhole(await copy([entry('', 'directory'), own, ...files], to));
    const names = ['.file.kx-part-11111111-2', '.other.kx-part-11111111-1', '.own.kx-part-22222222-1', 'file', 'own'];
    assert.deepEqual(readdirSync(to).sort(), names);
  });

  test('is of no use where nothing in the container can tell what it is', async () => {
    const by = withSums('dash', 'tar', ['gzip']);
    const base = fresh();
    const to = join(base, 'file');
    await copyInPart(to, by, mark);
    const asked: string[] = [];
    assertWhole(await copy([resumable(bytes, asked)], to, { resume: over }, by));
    assert.deepEqual(asked, []);
    assert.deepEqual(readdirSync(base), ['file']);
  });

  test('may be longer than the file is now, or have all of it', async () => {
    for (const length of [size, 7 << 20]) {
      const base = fresh();
      const to = join(base, 'file');
      writeFileSync(join(base, `.file.kx-part-${mark}-1`), bytes);
      const content = bytes.subarray(0, length);
      assertWhole(await copy([resumable(content)], to, { resume: over }));
      assert.ok(readFileSync(to).equals(content));
      assert.equal(statSync(to).size, length);
      assert.deepEqual(readdirSync(base), ['file']);
    }
  });
});

test('a copy that was given up tells how much is whole', async () => {
  const to = join(fresh(), 'tree');
  const tree = [
    entry('', 'directory'),
    ...[1, 2, 3].map((at) => entry(`large-${at}`, 'file', { bytes: bytesOf(2 << 20, at) })),
    entry('small', 'file', { bytes: bytesOf(100) }),
    resumable(bytes, [], 'largest'),
  ];
  const { remains } = await copy(tree, to, { cut: () => ({ up: 14 << 20 }) });
  const { files = 0, bytes: stored = 0 } = remains?.stored ?? {};
  assert.ok(files >= 1 && files <= 4, `${files} files`);
  assert.ok(stored >= 100 && stored <= 3 * (2 << 20) + 100, `${stored} bytes`);
});
