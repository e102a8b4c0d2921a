import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, suite, test } from 'node:test';
import { createReceiverNonce } from '../../../src/lib/copy/to-container/delivery.ts';
import {
  nameLine,
  parseAnswer,
  parseHello,
  receiveCommand,
  receiveScript,
  type ReceiverStart,
} from '../../../src/lib/copy/to-container/receive-script.ts';
import { makePrograms, shellNames, usesPath } from './support/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'kx-receive-'));
const started: ChildProcessWithoutNullStreams[] = [];
after(() => {
  for (const child of started) child.stdin.destroy();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  say(text: string): void;
  /** The next line of its output; undefined at its end. */
  line(): Promise<string | undefined>;
}

function start(path: string, base: string, more: Partial<ReceiverStart> = {}): Running {
  const options = { nonce: createReceiverNonce(), replaces: undefined, keepBatches: true, ...more };
  const [, ...args] = receiveCommand(options);
  const child = spawn(join(path, 'sh'), args, { env: { PATH: path }, detached: true, argv0: 'sh' });
  started.push(child);
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout.setEncoding('latin1') })[Symbol.asyncIterator]();
  child.stdin.write(Buffer.from(`${receiveScript}\n${nameLine(base)}`, 'latin1'));
  return {
    child,
    say: (text) => void child.stdin.write(Buffer.from(text, 'latin1')),
    line: async () => {
      const { value, done } = (await lines.next()) as { value?: string; done?: boolean };
      return done === true ? undefined : value;
    },
  };
}

function fresh(): string {
  return mkdtempSync(join(folder, 'base-'));
}

/** A program of the container that is a script. */
function replaceProgram(path: string, name: string, script: string): void {
  rmSync(join(path, name), { force: true });
  writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(path, name), 0o755);
}

test('the script is one line, and the command line of a receiver is short', () => {
  assert.equal(receiveScript.includes('\n'), false);
  const command = receiveCommand({ nonce: createReceiverNonce(), replaces: -99999, keepBatches: true });
  assert.ok(command.join(' ').length < 200);
});

for (const shell of shellNames()) {
  suite(`a receiver in ${shell}`, () => {
    const { path } = makePrograms(shell, 'tar');
    after(() => rmSync(path, { recursive: true, force: true }));

    test('says who it is and what is there', async () => {
      const base = fresh();
      const running = start(path, base);
      const hello = parseHello((await running.line()) ?? '');
      assert.equal(hello?.pid, running.child.pid);
      assert.equal(hello?.found, 'directory');
      assert.match(hello.identity, /^[0-9a-f-]{36}\./);
      running.child.stdin.end();
      assert.equal(await running.line(), undefined);
      assert.equal(parseHello((await start(path, join(base, 'no')).line()) ?? '')?.found, 'nothing');
      writeFileSync(join(base, 'file'), '');
      assert.equal(parseHello((await start(path, join(base, 'file')).line()) ?? '')?.found, 'other');
    });

    test('takes names of any bytes', async () => {
      const base = fresh();
      const running = start(path, base);
      const every = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1)).join('');
      const name = every.replace('/', '').slice(0, 240);
      const others = ['\n', ' ', '\\', 'e\\0101', '\xff\xfe\n\n', '-n', '$(x)`y`'];
      await running.line();
      running.say('m 1 \n');
      [name, ...others].forEach((each, at) => running.say(`p ${at + 2} 0 1 0\n${nameLine(`./${each}`)}x.\n`));
      for (let id = 1; id <= others.length + 2; id++) {
        assert.deepEqual(parseAnswer((await running.line()) ?? '', [])?.answer.status, 0, String(id));
      }
      assert.deepEqual(readdirSync(base, 'latin1').sort(), [name, ...others].sort());
      running.child.stdin.end();
    });

    test('leaves when its input ends, and gives nothing its name', async () => {
      const base = fresh();
      const running = start(path, base);
      await running.line();
      running.say(`m 1 \np 2 1 0 0\n${nameLine('./.stage')}only this`);
      assert.equal((await running.line())?.startsWith('= 1 0'), true);
      running.child.stdin.end();
      assert.equal(await running.line(), undefined);
      assert.deepEqual(readdirSync(base), ['.stage']);
    });

    const replaceable = { skip: !usesPath(shell) };

    test('does not take what a tool says for its own answer', replaceable, async () => {
      const base = fresh();
      const other = makePrograms(shell, '');
      replaceProgram(other.path, 'tar', `printf '%s\\n' '= 2 0 ' 'kx 1 0022 d 1 x' '' '  * \\0101' >&2; exit 3`);
      const running = start(other.path, base);
      await running.line();
      running.say(`m 1 \nt 2 10240 1 -x 22\n${'\0'.repeat(10240)}.\n`);
      assert.equal((await running.line())?.startsWith('= 1 0'), true);
      const lines = [];
      for (let at = 0; at < 4; at++) lines.push(await running.line());
      assert.deepEqual(lines, ['! = 2 0 ', '! kx 1 0022 d 1 x', '!   * \\0101', '= 2 3 ']);
      running.child.stdin.end();
      rmSync(other.path, { recursive: true, force: true });
    });

    test('takes a batch whole when tar ends early, kept or not', replaceable, async () => {
      const other = makePrograms(shell, '');
      replaceProgram(other.path, 'tar', 'exit 2');
      for (const keepBatches of [true, false]) {
        const running = start(other.path, fresh(), { keepBatches });
        assert.equal(parseHello((await running.line()) ?? '')?.keepsBatches, keepBatches);
        running.say(`m 1 \nt 2 10240 100 -x 22\n${'y'.repeat(1_024_000)}.\ne 3 \n`);
        assert.deepEqual(
          [await running.line(), await running.line(), await running.line()].map((line) => line?.slice(0, 5)),
          ['= 1 0', '= 2 2', '= 3 0'],
        );
        assert.equal(await running.line(), undefined);
      }
      rmSync(other.path, { recursive: true, force: true });
    });

    test('makes no hole in a file whose beginning is gone', async () => {
      const base = fresh();
      const running = start(path, base);
      await running.line();
      running.say(`m 1 \np 2 1 3 5\n${nameLine('./.stage')}${'z'.repeat(65539)}.\ne 3 \n`);
      await running.line();
      assert.equal(await running.line(), '! gone');
      assert.equal((await running.line())?.startsWith('= 2 9'), true);
      assert.equal((await running.line())?.startsWith('= 3 0'), true);
      assert.equal(existsSync(join(base, '.stage')), false);
    });

    test('stores the same when it is told twice', async () => {
      const base = fresh();
      const running = start(path, base);
      await running.line();
      running.say('m 1 \n');
      const a = 'a'.repeat(65536 * 2);
      const b = 'b'.repeat(65536 + 7);
      const part = (id: number, words: string, bytes: string): void =>
        running.say(`p ${id} ${words}\n${nameLine('./.stage')}${bytes}.\n`);
      part(2, '2 0 0', a);
      part(3, '1 7 2', b);
      part(4, '2 0 0', a);
      part(5, '1 7 2', b);
      part(6, '1 7 2', b);
      const commit = `${nameLine('./.stage')}${nameLine('./final')}`;
      running.say(
        `c 7 196615 640 5 197001010000.05 - new\n${commit}c 8 196615 640 5 197001010000.05 - new\n${commit}e 9 \n`,
      );
      for (let id = 1; id <= 9; id++) assert.equal((await running.line())?.startsWith(`= ${id} 0`), true, String(id));
      assert.equal(readFileSync(join(base, 'final'), 'latin1'), a + b);
      assert.deepEqual(readdirSync(base), ['final']);
    });

    test('ends the one that went before, and nobody else', async () => {
      const base = fresh();
      const nonce = createReceiverNonce();
      const former = start(path, base, { nonce });
      const gone = once(former.child, 'exit');
      await former.line();
      former.say(`m 1 \np 2 9 0 0\n${nameLine('./.stage')}begun`);
      await former.line();
      const stranger = start(path, base, { replaces: former.child.pid });
      assert.notEqual(parseHello((await stranger.line()) ?? ''), undefined);
      assert.equal(former.child.exitCode ?? former.child.signalCode, null);
      const next = start(path, base, { nonce, replaces: -(former.child.pid ?? 0) });
      assert.notEqual(parseHello((await next.line()) ?? ''), undefined);
      assert.deepEqual(await gone, [null, 'SIGKILL']);
      stranger.child.stdin.end();
      next.child.stdin.end();
    });

    test('says so when there is no dd', replaceable, async () => {
      const other = makePrograms(shell, 'tar');
      rmSync(join(other.path, 'dd'));
      assert.equal(await start(other.path, fresh()).line(), 'kx dd');
      rmSync(other.path, { recursive: true, force: true });
    });
  });
}
