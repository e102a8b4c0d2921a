import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { ExecRequest } from '../../../src/lib/process/index.ts';
import { createMarkFilter } from '../../../src/lib/transport/marks.ts';
import { createNonce, endBare, endWrapped, inputOver, wrapCommand } from '../../../src/lib/transport/wrapper-script.ts';
import { eventually } from '../../support/eventually.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const shells = ['dash', 'bash', 'busybox'].filter((name) => spawnSync('which', [name]).status === 0);

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

function run(shell: string, wanted: ExecRequest, env: Record<string, string> = { PATH }, input = ''): Ran {
  const nonce = createNonce();
  const [file, args] = inShell(shell, wrapCommand(wanted, nonce));
  const done = spawnSync(file, args, { env, input, cwd: '/', argv0: 'sh' });
  const filter = createMarkFilter(nonce);
  const stderr = Buffer.concat([...filter.take(done.stderr), filter.flush()]).toString();
  return { code: done.status, stdout: done.stdout.toString(), stderr, marks: filter.marks };
}

for (const shell of shells) {
  suite(`the wrapper in ${shell}`, () => {
    test('passes streams and exit codes', () => {
      const ran = run(shell, request(['sh', '-c', 'cat; echo err >&2; exit 37']), { PATH }, 'in');
      assert.deepEqual([ran.code, ran.stdout, ran.stderr, ran.marks.end], [37, 'in', 'err\n', 37]);
    });

    test('says nothing of a command that was killed', () => {
      const ran = run(shell, request(['sh', '-c', 'kill -9 $$']));
      assert.deepEqual([ran.code, ran.stderr, ran.marks.end], [137, '', 137]);
    });

    test('takes what is left of the input, up to its end or to the line that says it is over', async () => {
      const much = Buffer.alloc(1 << 20, 'bytes \0\xff\n', 'latin1');
      for (const ends of [true, false]) {
        const nonce = createNonce();
        const [file, args] = inShell(shell, wrapCommand(request(['head', '-c', '6']), nonce));
        const child = spawn(file, args, { env: { PATH }, argv0: 'sh' });
        const ended = once(child, 'exit');
        const output = child.stdout.toArray();
        const errors = child.stderr.toArray();
        child.stdin.write(much);
        if (ends) child.stdin.end();
        else child.stdin.write(inputOver(nonce));
        assert.deepEqual(await ended, [0, null]);
        child.stdin.destroy();
        assert.equal(child.stdin.writableLength, 0);
        assert.equal(Buffer.concat(await output).toString(), 'bytes ');
        assert.equal(Buffer.concat(await errors).toString(), `${nonce} start\n${nonce} end 0\n`);
      }
    });

    test('keeps every word as it is', () => {
      const words = ['', ' ', 'a b', "'", '"', '$HOME', '`x`', '*', '--', '-n', 'x\ny', 'ü', ';', '\\'];
      const ran = run(shell, request(['printf', '<%s>', ...words]));
      assert.equal(ran.stdout, words.map((word) => `<${word}>`).join(''));
    });

    test('runs the program, not the builtin of the same name', () => {
      const ran = run(shell, request(['echo', '--version']));
      assert.match(ran.stdout, /coreutils|BusyBox|--version/);
      assert.equal(ran.code, 0);
    });

    for (const env of [
      { PATH, A: 'x y' },
      { PATH, PWD: '/', OLDPWD: '/usr', SHLVL: '5', _: '/zz', kx__v: 'mine' },
      { PATH, PWD: '/' },
      { PATH, MULTI: 'a\nPWD=/not' },
    ] as Record<string, string>[]) {
      test(`shows the command the environment ${Object.keys(env).join(' ')} and nothing else`, () => {
        const seen = (text: string): string[] => text.split('\0').filter(Boolean).sort();
        const ran = run(shell, request(['cat', '/proc/self/environ']), env);
        const wanted = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        // bash drops _ and the shells' own names cannot all be told from the container's.
        const own = (entry: string): boolean => !/^(_|kx__v)=/.test(entry);
        assert.deepEqual(seen(ran.stdout).filter(own), wanted.filter(own).sort());
      });
    }

    test('sets environment and directory', () => {
      const ran = run(shell, request(['sh', '-c', 'echo "$A|$(pwd)"'], { env: { A: 'x=y z' }, cwd: '/usr' }));
      assert.equal(ran.stdout, 'x=y z|/usr\n');
      const plain = run(shell, request(['cat', '/proc/self/environ'], { cwd: '/usr' }));
      assert.equal(plain.stdout, `PATH=${PATH}\0`);
    });

    test('says which directory cannot be entered and runs nothing', () => {
      const ran = run(shell, request(['echo', 'ran'], { cwd: '/no/such' }));
      assert.deepEqual([ran.stdout, ran.stderr, ran.marks.badCwd], ['', '', true]);
    });

    test('tells a command that is missing from one that leaves with 127', () => {
      const missing = run(shell, request(['no-such-command']));
      assert.deepEqual([missing.marks.end, missing.marks.messages.length, missing.stderr], [127, 1, '']);
      const leaves = run(shell, request(['sh', '-c', 'exit 127']));
      assert.deepEqual([leaves.marks.end, leaves.marks.messages.length], [127, 0]);
      const directory = run(shell, request(['/usr']));
      assert.equal(directory.marks.end, 126);
      assert.equal(directory.stderr, '');
    });

    test('is found by its nonce and ended with its children, in their own sessions too', async () => {
      const nonce = createNonce();
      const [file, args] = inShell(
        shell,
        wrapCommand(request(['sh', '-c', 'setsid sleep 1000 & sleep 1000 & echo $!; wait']), nonce),
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
        wrapCommand(request(['sh', '-c', 'trap "" INT; sleep 1000 & echo; trap - INT; wait']), nonce),
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
