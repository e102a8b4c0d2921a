import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { after, suite, test } from 'node:test';
import { copyTree } from '../../../src/lib/copy/copy-tree.ts';
import type { Entry, Problem } from '../../../src/lib/copy/entry.ts';
import { writeRemoteTree } from '../../../src/lib/copy/to-container/remote-writer.ts';
import type { RemoteWriterOptions } from '../../../src/lib/copy/to-container/writing.ts';
import type { Retry } from '../../../src/lib/copy/retry.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { deriveProcess, type RemoteProcess } from '../../../src/lib/process/index.ts';
import type { Transport } from '../../../src/lib/transport/index.ts';
import { localTransport, type Cut } from '../../support/local-transport.ts';
import { allPrograms, makePrograms, type Programs } from './support/programs.ts';
import { assertTree, bytesOf, entry, listTree, sampleTree } from './support/trees.ts';

const folder = mkdtempSync(join(tmpdir(), 'kx-writer-'));
const programs = allPrograms();
const [usual = makePrograms('dash', 'tar')] = programs;
const root = process.getuid?.() === 0;
after(() => {
  for (const { path } of programs) rmSync(path, { recursive: true, force: true });
  execFileSync('chmod', ['-R', 'u+rwx', folder]);
  rmSync(folder, { recursive: true, force: true });
});

function fresh(): string {
  return mkdtempSync(join(folder, 'base-'));
}

/** Tries again at once, `tries` times without progress. */
function retryAtOnce(tries: number): Retry {
  let left = tries;
  return {
    again: (error) => {
      const lost = error instanceof KxError && error.code === 'KX_CONNECTION_LOST';
      if (lost && left-- > 0) return Promise.resolve();
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    },
    progressed: () => {
      left = tries;
    },
  };
}

interface Copied {
  readonly problems: readonly Problem[];
  readonly execs: number;
}

interface How extends Partial<RemoteWriterOptions> {
  readonly cut?: (exec: number) => Cut;
  readonly transport?: Transport & { readonly execs?: number };
  readonly tries?: number;
  readonly signal?: AbortSignal;
}

async function copy(
  entries: readonly Entry[] | AsyncIterable<Entry>,
  destination: string,
  how: How = {},
  by: Programs = usual,
): Promise<Copied> {
  const { cut, tries = 5, signal = new AbortController().signal, transport, ...options } = how;
  const problems: Problem[] = [];
  const local = transport ?? localTransport({ path: by.path, ...(cut && { cut }) });
  const writer = writeRemoteTree(
    { transport: local, target: { namespace: 'n', pod: 'p' }, signal, retry: retryAtOnce(tries) },
    {
      ...{ destination: Buffer.from(destination).toString('latin1'), report: (problem) => problems.push(problem) },
      ...{ preserve: true, sameOwner: false, tar: by.tar, ...options },
    },
  );
  const reader = {
    async *entries() {
      yield* entries;
    },
  };
  await copyTree(reader, writer, { onEntry: () => {}, onBytes: () => {} });
  return { problems, execs: local.execs ?? 0 };
}

function failsWith(code: string, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof KxError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match([error.message, error.hint].filter(Boolean).join(' | '), words);
    return true;
  };
}

function file(bytes: Buffer, more: Partial<Entry> = {}): Entry {
  return entry('', 'file', { bytes, ...more });
}

for (const by of programs) {
  suite(`a tree that goes to ${by.name}`, () => {
    test('arrives whole, with names of any bytes, modes, times and links', async () => {
      const to = join(fresh(), 'new');
      assert.deepEqual(await copy(sampleTree(), to, {}, by), { problems: [], execs: 1 });
      await assertTree(to, sampleTree());
    });

    test('replaces what was there before', async () => {
      const to = join(fresh(), 'new');
      await copy(sampleTree(), to, {}, by);
      const mtime = statSync(to).mtimeMs / 1000;
      assert.deepEqual((await copy(sampleTree(), to, {}, by)).problems, []);
      utimesSync(to, mtime, mtime);
      await assertTree(to, sampleTree());
    });

    test('is the same after the connection was lost again and again', async () => {
      const to = join(fresh(), 'new');
      const ups = Array.from(
        { length: 5 },
        () => Math.floor(2 ** (9 + Math.random() * 14.5)) + 6000 * Math.round(Math.random()),
      );
      const cut = (exec: number): Cut => (exec < ups.length ? { up: ups[exec] ?? 0 } : {});
      try {
        assert.deepEqual((await copy(sampleTree(), to, { cut }, by)).problems, []);
        await assertTree(to, sampleTree());
      } catch (error) {
        throw new Error(`cut after ${ups.join(', ')}`, { cause: error });
      }
    });

    test('is the same when answers are lost', async () => {
      const to = join(fresh(), 'new');
      const downs = Array.from({ length: 5 }, () => Math.floor(60 + Math.random() * 400));
      const cut = (exec: number): Cut => (exec < downs.length ? { down: downs[exec] ?? 0 } : {});
      assert.deepEqual((await copy(sampleTree(), to, { cut }, by)).problems, [], downs.join());
      await assertTree(to, sampleTree());
    });

    test('gets the permissions of new files where nothing is to be kept', async () => {
      const to = join(fresh(), 'new');
      const before = Math.floor(Date.now() / 1000) - 5;
      const tree = [
        entry('', 'directory', { mode: 0o700 }),
        entry('script', 'file', { mode: 0o4777, bytes: bytesOf(5) }),
        entry('large', 'file', { mode: 0o666, bytes: bytesOf(2 << 20) }),
      ];
      await copy(tree, to, { preserve: false }, by);
      const seen = ['script', 'large'].map((name) => statSync(join(to, name)));
      const umask = parseInt(execFileSync('sh', ['-c', 'umask']).toString(), 8);
      assert.deepEqual(
        seen.map(({ mode }) => mode & 0o7777),
        [0o777 & ~umask, 0o666 & ~umask],
      );
      assert.ok(seen.every(({ mtimeMs }) => mtimeMs / 1000 >= before));
    });

    test('reports what cannot be written, and writes the rest', async () => {
      const to = fresh();
      mkdirSync(join(to, 'a', 'file', 'full'), { recursive: true });
      mkdirSync(join(to, 'a', 'large', 'full'), { recursive: true });
      const tree = [
        entry('', 'directory'),
        entry('a', 'directory'),
        entry('a/before', 'file', { bytes: bytesOf(10) }),
        entry('a/file', 'file', { bytes: bytesOf(20) }),
        ...Array.from({ length: 50 }, (_, at) => entry(`a/after-${at}`, 'file', { bytes: bytesOf(30 + at) })),
        entry('a/hard', 'hardlink', { linkTarget: 'a/after-7' }),
        entry('a/large', 'file', { bytes: bytesOf(2 << 20) }),
        entry('z', 'file', { bytes: bytesOf(40) }),
      ];
      const { problems } = await copy(tree, to, {}, by);
      assert.deepEqual(problems.map(({ level, path }) => `${level} ${path}`).sort(), [
        'failure a/file',
        'failure a/large',
      ]);
      assert.ok(
        problems.every(({ message }) => /directory/i.test(message) && !message.includes('/')),
        problems[0]?.message,
      );
      assert.equal(readdirSync(join(to, 'a')).length, 54);
      assert.ok(readFileSync(join(to, 'a/after-49')).equals(bytesOf(79)));
      assert.equal(statSync(join(to, 'a/hard')).ino, statSync(join(to, 'a/after-7')).ino);
      assert.equal(existsSync(join(to, 'z')), true);
    });

    test('keeps the mode of a destination that is there', async () => {
      const to = fresh();
      chmodSync(to, 0o1777);
      await copy([entry('', 'directory', { mode: 0o700 }), entry('x', 'file', { bytes: bytesOf(1) })], to, {}, by);
      assert.equal(statSync(to).mode & 0o7777, 0o1777);
    });

    if (root) {
      test('has its owners when they are asked for, and those of the container otherwise', async () => {
        const tree = (): Entry[] => [
          entry('', 'directory', { uid: 11, gid: 12 }),
          entry('small', 'file', { bytes: bytesOf(5), uid: 21, gid: 22, mode: 0o4711 }),
          entry('large', 'file', { bytes: bytesOf(2 << 20), uid: 31, gid: 4_000_000, mode: 0o4711 }),
          entry('link', 'symlink', { linkTarget: 'nowhere', uid: 41, gid: 42 }),
        ];
        for (const sameOwner of [true, false]) {
          const to = join(fresh(), 'new');
          assert.deepEqual((await copy(tree(), to, { sameOwner }, by)).problems, []);
          for (const { path, uid, gid, mode, kind } of tree()) {
            const stat = lstatSync(join(to, path));
            assert.deepEqual([stat.uid, stat.gid], sameOwner ? [uid, gid] : [0, 0], path);
            if (kind === 'file') assert.equal(stat.mode & 0o7777, mode, path);
          }
        }
      });
    }
  });
}

suite('a file that is the root', () => {
  for (const by of [usual, programs.find(({ tar }) => !tar) ?? usual]) {
    for (const size of [0, 1, 65535, 65536, 65537, (4 << 20) + 65535, 5 << 20]) {
      test(`of ${size} bytes arrives whole in ${by.name}`, async () => {
        const to = join(fresh(), 'two\nlines "x"');
        await copy([file(bytesOf(size), { mode: 0o751, mtime: 1_111_111_111.5 })], to, {}, by);
        assert.ok(readFileSync(to).equals(bytesOf(size)));
        const { mode, mtimeMs } = statSync(to);
        assert.deepEqual([mode & 0o7777, mtimeMs], [0o751, 1_111_111_111_000]);
        assert.equal(readdirSync(join(to, '..')).length, 1);
      });
    }
  }

  test('keeps the inode of what was there, also through a symlink', async () => {
    const base = fresh();
    writeFileSync(join(base, 'real'), 'something longer than what comes');
    symlinkSync('real', join(base, 'link'));
    const before = statSync(join(base, 'real')).ino;
    await copy([file(bytesOf(9), { mode: 0o600 })], join(base, 'link'));
    assert.equal(readlinkSync(join(base, 'link')), 'real');
    assert.ok(readFileSync(join(base, 'real')).equals(bytesOf(9)));
    assert.deepEqual([statSync(join(base, 'real')).ino, statSync(join(base, 'real')).mode & 0o777], [before, 0o600]);
    assert.deepEqual(readdirSync(base).sort(), ['link', 'real']);
  });

  test('has its name only when it is whole', async () => {
    const base = fresh();
    const to = join(base, 'file');
    writeFileSync(to, 'former');
    const cut = (exec: number): Cut => (exec === 0 ? { up: 5 << 20 } : {});
    const failing = copy([file(bytesOf(9 << 20))], to, { cut, tries: 0 });
    await assert.rejects(failing, failsWith('KX_CONNECTION_LOST', /cut/));
    assert.equal(readFileSync(to, 'utf8'), 'former');
    // For a copy that goes on.
    assert.deepEqual(
      readdirSync(base).map((name) => name.replace(/[0-9a-f]{8}-1$/, '')),
      ['.file.kx-part-', 'file'],
    );
  });

  test('leaves its staging file where nobody can be reached, and says so', async () => {
    const base = fresh();
    const interrupt = new AbortController();
    const unreachable = copy([file(bytesOf(9 << 20))], join(base, 'other'), {
      cut: (exec) => {
        if (exec > 0) interrupt.abort(new KxError('KX_CANCELED', 'interrupted'));
        return exec === 0 ? { up: 6 << 20 } : { up: 10 };
      },
      signal: interrupt.signal,
    });
    await assert.rejects(unreachable, failsWith('KX_CANCELED', /incomplete: .*base-[^/]*\/\.other\.kx-part-/));
    assert.deepEqual(
      readdirSync(base).map((name) => name.replace(/[0-9a-f]{8}-1$/, '')),
      ['.other.kx-part-'],
    );
  });

  test('does not send what was acknowledged again', async () => {
    let sent = 0;
    const inner = localTransport({ path: usual.path, cut: (exec) => (exec === 0 ? { up: 40 << 20 } : {}) });
    const counting: Transport = {
      name: 'counting',
      async exec(target, request) {
        const remote = await inner.exec(target, request);
        remote.stdin?.on('finish', () => {});
        const write = remote.stdin?.write.bind(remote.stdin) as (chunk: Buffer) => boolean;
        const stdin = remote.stdin as NonNullable<RemoteProcess['stdin']>;
        stdin.write = (chunk: Buffer) => {
          sent += chunk.length;
          return write(chunk);
        };
        return remote;
      },
    };
    const to = join(fresh(), 'file');
    const size = 64 << 20;
    await copy([file(bytesOf(size))], to, { transport: counting });
    assert.ok(readFileSync(to).equals(bytesOf(size)));
    assert.ok(sent < size + (24 << 20), `${sent} bytes were sent`);
  });

  test('that is not what was acknowledged any more is not completed', async () => {
    const base = fresh();
    const inner = localTransport({ path: usual.path, cut: (exec) => (exec === 0 ? { up: 20 << 20 } : {}) });
    let execs = 0;
    const meddling: Transport = {
      name: 'meddling',
      exec: (target, request) => {
        if (execs++ === 1) for (const name of readdirSync(base)) rmSync(join(base, name));
        return inner.exec(target, request);
      },
    };
    const failing = copy([file(bytesOf(32 << 20))], join(base, 'file'), { transport: meddling });
    await assert.rejects(failing, failsWith('KX_COPY_INCOMPLETE', /is gone/));
    assert.deepEqual(readdirSync(base), []);
  });

  test('is written in place where nothing can be made beside it', { skip: root }, async () => {
    const base = fresh();
    const to = join(base, 'file');
    writeFileSync(to, 'former');
    chmodSync(base, 0o500);
    await copy([file(bytesOf(5 << 20))], to);
    assert.ok(readFileSync(to).equals(bytesOf(5 << 20)));
    chmodSync(base, 0o700);
  });

  test('goes to a device as it is', async () => {
    const base = fresh();
    symlinkSync('/dev/null', join(base, 'null'));
    await copy([file(bytesOf(3 << 20))], join(base, 'null'));
    assert.deepEqual(readdirSync(base), ['null']);
  });

  test('says that the disk is full', { skip: !existsSync('/dev/full') }, async () => {
    const base = fresh();
    symlinkSync('/dev/full', join(base, 'full'));
    const failing = copy([file(bytesOf(100))], join(base, 'full'));
    await assert.rejects(failing, failsWith('KX_COPY_DESTINATION', /full in the container: No space left on device/));
    assert.deepEqual(readdirSync(base), ['full']);
  });

  test('can be a symlink', async () => {
    const to = join(fresh(), 'link');
    writeFileSync(to, 'former');
    await copy([entry('', 'symlink', { linkTarget: '../x y' })], to);
    assert.equal(readlinkSync(to), '../x y');
  });
});

suite('a destination that cannot be', () => {
  const tree = [entry('', 'directory')];
  const cases: [string, Entry[], (base: string) => string, RegExp][] = [
    ['a tree without a parent', tree, (base) => join(base, 'no', 'new'), /no such directory in the container: .*\/no$/],
    ['a file without a parent', [file(bytesOf(1))], (base) => join(base, 'no', 'f'), /no such directory .*\/no$/],
    ['a tree over a file', tree, (base) => join(base, 'file'), /file in the container: it is not a directory/],
    [
      'a file over a directory',
      [file(bytesOf(1))],
      (base) => join(base, 'dir'),
      /dir in the container: it is a directory/,
    ],
    ['a file below a file', [file(bytesOf(1))], (base) => join(base, 'file', 'x'), /file is not a directory/],
    [
      'a symlink over a directory',
      [entry('', 'symlink', { linkTarget: 'x' })],
      (base) => join(base, 'dir'),
      /is a directory/,
    ],
  ];
  for (const [name, entries, place, words] of cases) {
    test(`${name} is an error, and nothing is changed`, async () => {
      const base = fresh();
      mkdirSync(join(base, 'dir'));
      writeFileSync(join(base, 'file'), '');
      await assert.rejects(copy(entries, place(base)), failsWith('KX_COPY_DESTINATION', words));
      assert.deepEqual(listTree(base), ['', 'dir', 'file']);
    });
  }

  test('is refused when a path leads out of it', async () => {
    for (const path of ['../x', 'a/../../x', '/x', 'a//x', './x']) {
      const failing = copy([entry('', 'directory'), entry(path, 'file')], join(fresh(), 'new'));
      await assert.rejects(failing, failsWith('KX_COPY_UNSAFE_PATH', /outside/));
    }
  });
});

suite('a container', () => {
  test('without a shell is named so', async () => {
    const empty = fresh();
    const failing = copy([entry('', 'directory')], join(fresh(), 'new'), {
      transport: localTransport({ path: empty }),
    });
    await assert.rejects(failing, failsWith('KX_SHELL_MISSING', /no sh/));
  });

  test('whose disk is full is told so by its own words', { skip: !root }, async (context) => {
    const disk = fresh();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]);
    if (mounted.status !== 0) return context.skip('nothing can be mounted');
    try {
      const small = Array.from({ length: 300 }, (_, at) => entry(`f${at}`, 'file', { bytes: bytesOf(20_000) }));
      for (const entries of [small, [entry('large', 'file', { bytes: bytesOf(5 << 20) })]]) {
        const failing = copy([entry('', 'directory'), ...entries], join(disk, 'new'));
        await assert.rejects(failing, failsWith('KX_COPY_DESTINATION', /No space left on device/));
        assert.deepEqual(
          readdirSync(join(disk, 'new')).filter((name) => name.startsWith('.')),
          [],
        );
        rmSync(join(disk, 'new'), { recursive: true });
      }
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  test('that was started again is not written to', async () => {
    let execs = 0;
    const inner = localTransport({ path: usual.path, cut: (exec) => (exec === 0 ? { up: 3 << 20 } : {}) });
    const renamed: Transport = {
      name: 'renamed',
      async exec(target, request) {
        const remote = await inner.exec(target, request);
        if (execs++ === 0) return remote;
        const stdout = new Transform({
          transform: (chunk: Buffer, _encoding, done) =>
            done(null, Buffer.from(chunk.toString('latin1').replace(/^(kx .*)$/m, '$1-other'), 'latin1')),
        });
        return deriveProcess(remote, { stdout: remote.stdout.pipe(stdout) });
      },
    };
    const to = join(fresh(), 'new');
    const failing = copy(sampleTree(), to, { transport: renamed });
    await assert.rejects(failing, failsWith('KX_TARGET_CHANGED', /started again/));
  });

  test('where a receiver hangs at a dead connection is written to by the next one alone', async () => {
    const inner = localTransport({ path: usual.path });
    let execs = 0;
    const pids: number[] = [];
    const hanging: Transport = {
      name: 'hanging',
      async exec(target, request) {
        const remote = await inner.exec(target, request);
        remote.stdout.on('data', (chunk: Buffer) => {
          const pid = /^kx (\d+) /.exec(chunk.toString('latin1'))?.[1];
          if (pid !== undefined) pids.push(Number(pid));
        });
        if (execs++ > 0) return remote;
        // After 6 MiB nothing gets through any more, and the container does not hear of it.
        const lost = Promise.withResolvers<never>();
        let left = 6 << 20;
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
    const to = join(fresh(), 'new');
    assert.deepEqual((await copy(sampleTree(), to, { transport: hanging })).problems, []);
    await assertTree(to, sampleTree());
    assert.equal(pids.length, 2);
    assert.throws(() => process.kill(pids[0] as number, 0));
  });

  for (const [what, words] of [
    ['cannot keep a batch', 'bs=10240'],
    ['has no memory to keep batches in', 'bs=1 count=0 of='],
  ] as const) {
    test(`that ${what} unpacks it as it comes`, async () => {
      const by = makePrograms('dash', 'tar');
      const dd = readlinkSync(join(by.path, 'dd'));
      rmSync(join(by.path, 'dd'));
      const script = `#!/bin/sh\ncase "$*" in *'${words}'*/proc/self/fd/4*) exit 1;; esac\nexec ${dd} "$@"\n`;
      writeFileSync(join(by.path, 'dd'), script, { mode: 0o755 });
      const to = join(fresh(), 'new');
      assert.deepEqual((await copy(sampleTree(), to, { tries: 0 }, by)).problems, []);
      await assertTree(to, sampleTree());
      const cut = (exec: number): Cut => (exec < 3 ? { up: 300_000 } : {});
      assert.deepEqual((await copy(sampleTree(), `${to}-cut`, { cut }, by)).problems, []);
      await assertTree(`${to}-cut`, sampleTree());
      rmSync(by.path, { recursive: true, force: true });
    });
  }

  test('whose user presses Ctrl-C is left without staging files', async () => {
    const base = fresh();
    const interrupt = new AbortController();
    async function* endless(): AsyncGenerator<Entry> {
      yield await Promise.resolve(entry('', 'directory'));
      const body = (async function* () {
        for (;;) {
          yield await Promise.resolve(bytesOf(1 << 20));
          if (existsSync(join(base, 'new')) && readdirSync(join(base, 'new')).length > 0) {
            interrupt.abort(new KxError('KX_CANCELED', 'interrupted'));
          }
        }
      })();
      yield entry('endless', 'file', { size: 2 ** 40, body });
    }
    const failing = copy(endless(), join(base, 'new'), { signal: interrupt.signal });
    await assert.rejects(failing, failsWith('KX_CANCELED', /interrupted/));
    assert.deepEqual(readdirSync(join(base, 'new')), []);
  });

  test('gets nothing of a file that became shorter while it was read', async () => {
    const to = join(fresh(), 'new');
    const short = entry('short', 'file', {
      ...entry('', 'file', { bytes: bytesOf(3 << 20) }),
      size: 4 << 20,
      path: 'short',
    });
    const failing = copy([entry('', 'directory'), short], to);
    await assert.rejects(failing, failsWith('KX_COPY_SOURCE', /short changed its size/));
    assert.deepEqual(existsSync(to) ? readdirSync(to) : [], []);
  });
});
