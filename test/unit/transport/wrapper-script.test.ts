import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { ExecRequest } from '../../../src/lib/process/index.ts';
import { frameInput } from '../../../src/lib/transport/framed-input.ts';
import { createMarkFilter } from '../../../src/lib/transport/marks.ts';
import { createNonce, endBare, endWrapped, wrapCommand } from '../../../src/lib/transport/wrapper-script.ts';
import { eventually } from '../../support/eventually.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const shells = ['dash', 'bash', 'busybox'].filter((name) => pathOf(name) !== '');

function pathOf(program: string): string {
  return spawnSync('which', [program]).stdout.toString().trim();
}

function request(command: readonly string[], more: Partial<ExecRequest> = {}): ExecRequest {
  return { command, stdin: true, tty: null, ...more };
}

/** `sh -c ...` as the shell under test reads it. */
function inShell(shell: string, [, ...args]: readonly string[]): [string, string[]] {
  return [shell, args];
}

/** A session of its own, as the runtime gives one: an ender that finds the wrong session must not reach the tests. */
function inOwnSession(file: string, args: readonly string[]): { stdout: Buffer; stderr: Buffer } {
  return spawnSync('setsid', ['--wait', file, ...(file === 'busybox' ? ['sh'] : []), ...args], { env: { PATH } });
}

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  marks: ReturnType<typeof createMarkFilter>['marks'];
}

async function run(
  shell: string,
  wanted: ExecRequest,
  env: Record<string, string> = { PATH },
  input: string | Buffer = '',
): Promise<Ran> {
  const nonce = createNonce();
  const [file, args] = inShell(shell, wrapCommand(wanted, nonce));
  const child = spawn(pathOf(file), args, { env, cwd: '/', argv0: 'sh', detached: true });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const filter = createMarkFilter(nonce);
  const framed = frameInput(child.stdin, nonce);
  framed.stdin.on('error', () => {});
  const errors: Buffer[] = [];
  const sees = (chunk: Buffer): void => {
    errors.push(...filter.take(chunk));
    if (filter.marks.inputClosed || filter.marks.end !== undefined) framed.close();
  };
  child.stderr.on('data', sees);
  framed.stdin.end(input);
  const stdout = Buffer.concat(await child.stdout.toArray()).toString();
  const [code] = await ended;
  const stderr = Buffer.concat([...errors, filter.flush()]).toString();
  return { code, stdout, stderr, marks: filter.marks };
}

for (const shell of shells) {
  suite(`the wrapper in ${shell}`, () => {
    test('passes streams and exit codes', async () => {
      const ran = await run(shell, request(['sh', '-c', 'cat; echo err >&2; exit 37']), { PATH }, 'in');
      assert.deepEqual([ran.code, ran.stdout, ran.stderr, ran.marks.end], [37, 'in', 'err\n', 37]);
    });

    test('says nothing of a command that was killed', async () => {
      const ran = await run(shell, request(['sh', '-c', 'kill -9 $$']));
      assert.deepEqual([ran.code, ran.stderr, ran.marks.end], [137, '', 137]);
    });

    test('hands on input of any length and content, to the last byte', async () => {
      for (const length of [0, 1, 65535, 65536, 65537, 200_000, 5 << 20]) {
        const input = randomBytes(length);
        const ran = await run(shell, request(['sha256sum']), { PATH }, input);
        assert.equal(ran.stdout.split(' ')[0], createHash('sha256').update(input).digest('hex'), String(length));
      }
    });

    test('drops the input that a command does not take, and says that it is closed', async () => {
      const much = Buffer.alloc(1 << 20, 'bytes \0\xff\n', 'latin1');
      const head = await run(shell, request(['head', '-c', '6']), { PATH }, much);
      assert.deepEqual([head.code, head.stdout, head.stderr, head.marks.end], [0, 'bytes ', '', 0]);
      const closes = await run(shell, request(['sh', '-c', 'exec <&-; sleep 0.2; echo on']), { PATH }, much);
      assert.deepEqual([closes.stdout, closes.marks.inputClosed, closes.marks.end], ['on\n', true, 0]);
    });

    // The shell of busybox may have a dd of its own, whatever the PATH.
    const ownDd = shell === 'busybox' && 'its dd cannot be taken away';
    test('runs nothing where no dd can hand on the input', { skip: ownDd }, async () => {
      const ran = await run(shell, request(['/bin/echo', 'ran']), { PATH: '/no' });
      assert.deepEqual([ran.stdout, ran.stderr, ran.marks.started, ran.marks.noDd], ['', '', false, true]);
    });

    test('input that stops short of its end hangs the command up instead of looking like the end', async () => {
      for (const input of ['0 100\nhalf of a frame', '', '0 5\nwhole', '2 7\n']) {
        const nonce = createNonce();
        const [file, args] = inShell(shell, wrapCommand(request(['sh', '-c', 'cat; echo took it all']), nonce));
        const child = spawn(file, args, { env: { PATH }, argv0: 'sh', detached: true });
        const [output, errors] = [child.stdout.toArray(), child.stderr.toArray()];
        child.stdin.end(input);
        assert.deepEqual(await once(child, 'exit'), [null, 'SIGHUP'], input);
        assert.ok(!Buffer.concat(await output).includes('took it all'));
        assert.equal(Buffer.concat(await errors).toString(), `${nonce} start\n${nonce} lost\n`);
      }
    });

    test('input that the container cannot hand on hangs the command up', { skip: ownDd }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kx-'));
      writeFileSync(join(folder, 'dd'), '#!/bin/sh\n[ "$2" = count=0 ] || exit 1\n', { mode: 0o755 });
      const ran = await run(shell, request(['sh', '-c', 'cat; echo took it all']), { PATH: `${folder}:${PATH}` }, 'in');
      rmSync(folder, { recursive: true });
      assert.deepEqual([ran.stdout, ran.marks.inputLost, ran.marks.end], ['', true, undefined]);
    });

    test('keeps every word as it is', async () => {
      const words = ['', ' ', 'a b', "'", '"', '$HOME', '`x`', '*', '--', '-n', 'x\ny', 'ü', ';', '\\'];
      const ran = await run(shell, request(['printf', '<%s>', ...words]));
      assert.equal(ran.stdout, words.map((word) => `<${word}>`).join(''));
    });

    test('runs the program, not the builtin of the same name', async () => {
      const ran = await run(shell, request(['echo', '--version']));
      assert.match(ran.stdout, /coreutils|BusyBox|--version/);
      assert.equal(ran.code, 0);
    });

    for (const env of [
      { PATH, A: 'x y' },
      { PATH, PWD: '/', OLDPWD: '/usr', SHLVL: '5', _: '/zz', kx__v: 'mine' },
      { PATH, PWD: '/' },
      { PATH, MULTI: 'a\nPWD=/not' },
    ] as Record<string, string>[]) {
      test(`shows the command the environment ${Object.keys(env).join(' ')} and nothing else`, async () => {
        const seen = (text: string): string[] => text.split('\0').filter(Boolean).sort();
        const ran = await run(shell, request(['cat', '/proc/self/environ']), env);
        const wanted = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        // bash drops _ and the shells' own names cannot all be told from the container's.
        const own = (entry: string): boolean => !/^(_|kx__v)=/.test(entry);
        assert.deepEqual(seen(ran.stdout).filter(own), wanted.filter(own).sort());
      });
    }

    test('sets environment and directory', async () => {
      const ran = await run(shell, request(['sh', '-c', 'echo "$A|$(pwd)"'], { env: { A: 'x=y z' }, cwd: '/usr' }));
      assert.equal(ran.stdout, 'x=y z|/usr\n');
      const plain = await run(shell, request(['cat', '/proc/self/environ'], { cwd: '/usr' }));
      assert.equal(plain.stdout, `PATH=${PATH}\0`);
    });

    test('says which directory cannot be entered and runs nothing', async () => {
      const ran = await run(shell, request(['echo', 'ran'], { cwd: '/no/such' }));
      assert.deepEqual([ran.stdout, ran.stderr, ran.marks.badCwd], ['', '', true]);
    });

    test('tells a command that is missing from one that leaves with 127', async () => {
      const missing = await run(shell, request(['no-such-command']));
      assert.deepEqual([missing.marks.end, missing.marks.messages.length, missing.stderr], [127, 1, '']);
      const leaves = await run(shell, request(['sh', '-c', 'exit 127']));
      assert.deepEqual([leaves.marks.end, leaves.marks.messages.length], [127, 0]);
      const directory = await run(shell, request(['/usr']));
      assert.equal(directory.marks.end, 126);
      assert.equal(directory.stderr, '');
    });

    test('is found by its nonce and ended with its children, in their own sessions too', async () => {
      const nonce = createNonce();
      const [file, args] = inShell(
        shell,
        wrapCommand(request(['sh', '-c', 'setsid sleep 1000 & sleep 1000 & echo $!; wait'], { stdin: false }), nonce),
      );
      const child = spawn(file, args, {
        argv0: 'sh',
        detached: true,
        env: { PATH },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const started = Number((await firstLine(child)).trim());
      const sleeping = await eventually('the children run', () => {
        const pids = descendants(child.pid!);
        return pids.length >= 4 ? pids : undefined;
      });
      assert.ok(sleeping.includes(started));
      const [ender, words] = inShell(shell, endWrapped(nonce, 'SIGTERM', []));
      const ended = inOwnSession(ender, words);
      assert.ok(
        ended.stdout.toString().trim().split('\n').length >= 4,
        ended.stdout.toString() + ended.stderr.toString(),
      );
      await eventually('nothing of it runs', () => !sleeping.some(runs));
    });

    test('is ended with the children that ignored the first signal and outlived their parent', async () => {
      const nonce = createNonce();
      const [file, args] = inShell(
        shell,
        wrapCommand(request(['sh', '-c', 'trap "" INT; sleep 1000 & echo; trap - INT; wait'], { stdin: false }), nonce),
      );
      const child = spawn(file, args, {
        argv0: 'sh',
        detached: true,
        env: { PATH },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await firstLine(child);
      const pids = await eventually('the child runs', () => {
        const all = descendants(child.pid!);
        return all.length >= 3 ? all : undefined;
      });
      const end = (signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT', known: readonly string[]): string[] => {
        const [ender, words] = inShell(shell, endWrapped(nonce, signal, known));
        return inOwnSession(ender, words).stdout.toString().split('\n').filter(Boolean);
      };
      const known = end('SIGINT', []);
      await eventually('the wrapper is gone', () => !runs(child.pid!));
      assert.ok(pids.some(runs));
      end('SIGKILL', known);
      await eventually('nothing of it runs', () => !pids.some(runs));
    });

    test('signals nobody when the nonce is not there', () => {
      const [ender, words] = inShell(shell, endWrapped(createNonce(), 'SIGTERM', []));
      assert.equal(inOwnSession(ender, words).stdout.toString(), '');
    });

    test('without a nonce signals nobody that has a parent', () => {
      const command = ['sleep', '12345.678'];
      const child = spawn(command[0]!, command.slice(1), { detached: true, stdio: 'ignore' });
      const [ender, words] = inShell(shell, endBare(command, 5, 'SIGTERM', []));
      assert.equal(inOwnSession(ender, words).stdout.toString(), '');
      assert.ok(runs(child.pid!));
      child.kill();
    });
  });
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (data: Buffer) => resolve(data.toString())));
}

function runs(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(descendants)];
}
