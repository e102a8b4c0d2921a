import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { kxBinary, runKx } from '../support/program.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { countSleepers, uniqueSleep } from '../support/remote-processes.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

suite('kx exec -it: in a terminal', () => {
  let sandbox: SandboxProcess;
  let sessions = 0;
  before(async () => {
    sandbox = await startSandboxProcess();
  });
  const exec = (...args: string[]) => runKx(['exec', ...args], { env: sandbox.env });

  interface Session {
    readonly pty: Pty;
    /** The process of kx. */
    readonly pid: () => Promise<number>;
    /** Waits for the end and gives the exit code of kx; fails when the terminal is not as it was. */
    readonly ended: () => Promise<number>;
  }

  /** Runs kx in a new terminal, under a shell that notes the settings of the terminal before and after. */
  async function open(...args: string[]): Promise<Session> {
    const note = join(sandbox.folder, `session-${++sessions}`);
    const script =
      'stty -g >"$1.before"; note=$1; shift; sh -c \'echo $$ >"$0.pid"; exec "$@"\' "$note" "$@"; code=$?; stty -g >"$note.after"; exit $code';
    const pty = await openPty(['sh', '-c', script, 'sh', note, kxBinary(), 'exec', ...args], {
      columns: 91,
      rows: 33,
      env: sandbox.env,
    });
    return {
      pty,
      pid: () => eventually('kx has a process', () => readNumber(`${note}.pid`)),
      async ended() {
        const { code } = await pty.ended;
        const [before, after] = ['before', 'after'].map((when) => readFileSync(`${note}.${when}`, 'utf8'));
        assert.equal(after, before, `the terminal has other settings than before; screen:\n${pty.screen()}`);
        return code;
      },
    };
  }

  test('the terminal inside has the size outside and follows two changes', async () => {
    const { pty, ended } = await open('-it', 'one', '--', 'sh', '-c', 'stty size; while read -r x; do stty size; done');
    await pty.sees(/33 91\r\n/);
    for (const [columns, rows] of [
      [120, 40],
      [60, 20],
    ] as const) {
      pty.resize(columns, rows);
      await eventually('the size arrives', async () => {
        pty.write('\r');
        return (await pty.sees(/\d+ \d+\r\n/))[0] === `${rows} ${columns}\r\n`;
      });
    }
    pty.write('\x04');
    assert.equal(await ended(), 0);
  });

  test('the code of the command is the code of kx, and the terminal is as before', async () => {
    const { pty, ended } = await open('-it', 'one', '--', 'sh', '-c', 'tty; exit 37');
    await pty.sees(/\/dev\/pts\/\d+\r\n/);
    assert.equal(await ended(), 37);
  });

  test('keys go to the command, not to kx: Ctrl-C interrupts inside', async () => {
    const script = 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done';
    const { pty, ended } = await open('-it', 'one', '--', 'sh', '-c', script);
    await pty.sees(/ready\r\n/);
    pty.write('\x03');
    await pty.sees(/caught\r\n/);
    assert.equal(await ended(), 5);
  });

  test('a shell answers, and ends with exit', async () => {
    const { pty, ended } = await open('-it', 'one', '--', 'sh');
    pty.write('echo $((6 * 7))\r');
    await pty.sees(/\b42\r\n/);
    pty.write('exit 9\r');
    assert.equal(await ended(), 9);
  });

  test('vim changes a file', async (t) => {
    const { stdout } = await exec('one', '--', 'sh', '-c', 'command -v vim || command -v vi || true');
    const editor = stdout.toString().trim();
    if (editor === '') return t.skip('there is no vi in the sandbox');
    await exec('one', '--', 'sh', '-c', 'echo one > /tmp/edited');
    const { pty, ended } = await open('-it', 'one', '--', editor, '-u', 'NONE', '/tmp/edited');
    await pty.sees(/one/);
    pty.write('A two\x1b');
    await pty.sees(/two/);
    pty.write(':wq\r');
    assert.equal(await ended(), 0);
    assert.equal((await exec('one', '--', 'cat', '/tmp/edited')).stdout.toString(), 'one two\n');
  });

  test('SIGTERM to kx ends the command, and the terminal is as before', async () => {
    const mark = uniqueSleep();
    const { pty, pid, ended } = await open('-it', 'one', '--', 'sh', '-c', `echo up; sleep ${mark}; echo no`);
    await pty.sees(/up\r\n/);
    process.kill(await pid(), 'SIGTERM');
    assert.equal(await ended(), 143);
    await eventually('the command is gone', async () => {
      return (await exec('one', '--', ...countSleepers(mark))).stdout.toString() === '0\n';
    });
  });

  test('a stream that is cut ends kx with 125, and the terminal is as before', async () => {
    const { pty, ended } = await open('-it', 'cut-early', '--', 'sh', '-c', 'echo a long first line; sleep 30');
    assert.equal(await ended(), 125);
    assert.match(pty.screen(), /error:.* \[KX_CONNECTION_LOST\]/);
  });

  test('a command that cannot be started leaves the terminal as before', async () => {
    const { pty, ended } = await open('-it', 'one', '--', 'kx-no-such-program');
    assert.equal(await ended(), 127);
    assert.match(pty.screen(), /KX_COMMAND_NOT_FOUND/);
  });

  test('the detach keys leave the session, and the command goes on', async () => {
    const mark = uniqueSleep();
    const { pty, ended } = await open(
      ...['--detach-keys', 'ctrl-p,ctrl-q', '-it', 'one', '--', 'sh', '-c', `echo up; sleep ${mark}`],
    );
    await pty.sees(/up\r\n/);
    pty.write('\x10\x11');
    assert.equal(await ended(), 0);
    const count = async () => (await exec('one', '--', ...countSleepers(mark))).stdout.toString();
    assert.equal(await count(), '1\n');
    await exec('one', '--', 'sh', '-c', `pkill -KILL -f 'sleep ${mark}' || true`);
  });
});

function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
