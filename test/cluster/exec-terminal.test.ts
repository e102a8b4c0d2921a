import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { clusterKubeconfig } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { kxBinary } from '../support/program.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { inPod, kxExec } from './support.ts';

const folder = temporaryFolder();
let sessions = 0;

interface Session {
  readonly pty: Pty;
  /** The number of the process of kx. */
  readonly pid: () => Promise<number>;
  /** Waits for the end and gives the exit code of kx; fails when the terminal is not as it was. */
  readonly ended: () => Promise<number>;
}

/** Runs kx in a new terminal, under a shell that notes the settings of the terminal before and after. */
async function open(...words: string[]): Promise<Session> {
  const note = join(folder, `session-${++sessions}`);
  const script =
    'stty -g >"$1.before"; note=$1; shift; sh -c \'echo $$ >"$0.pid"; exec "$@"\' "$note" "$@"; code=$?; stty -g >"$note.after"; exit $code';
  const pty = await openPty(['sh', '-c', script, 'sh', note, kxBinary(), 'exec', '--context', 'kx', ...words], {
    columns: 91,
    rows: 33,
    env: { KUBECONFIG: clusterKubeconfig() },
  });
  return {
    pty,
    pid: async () =>
      Number(await eventually('kx has a process', () => readFile(`${note}.pid`, 'utf8').catch(() => ''))),
    async ended() {
      const { code } = await pty.ended;
      const [before, after] = ['before', 'after'].map((when) => readFileSync(`${note}.${when}`, 'utf8'));
      assert.equal(after, before, `the terminal has other settings than before; screen:\n${pty.screen()}`);
      return code;
    },
  };
}

const shells = [
  { shell: 'ash', pod: 'one' },
  { shell: 'dash', pod: 'debian' },
];

for (const { shell, pod } of shells) {
  for (const { how, flags } of [
    { how: 'as it is', flags: [] },
    { how: 'wrapped', flags: ['--env', 'KX_CLUSTER_TEST=1', '--workdir', '/tmp', '--timeout', '2m'] },
  ]) {
    suite(`a terminal in ${shell}, ${how}`, { concurrency: 2 }, () => {
      test('has the size outside and follows two changes', async () => {
        const script = 'stty size; while read -r x; do stty size; done; exit 5';
        const { pty, ended } = await open('-it', ...flags, pod, '--', 'sh', '-c', script);
        // The runtime may start the command before it sets the size.
        await pty.sees(/\n/);
        for (const [columns, rows] of [
          [91, 33],
          [120, 40],
          [60, 20],
        ] as const) {
          pty.resize(columns, rows);
          await eventually('the size arrives', async () => {
            pty.write('\r');
            const [, size] = await pty.sees(/(\d+ \d+|stty: .*)\r\n/);
            return size === `${rows} ${columns}`;
          });
        }
        pty.write('\x04');
        assert.equal(await ended(), 5);
        assert.ok(!pty.screen().includes('kx-'), pty.screen());
      });

      test('is that of a shell: Ctrl-C inside ends what runs there, not the shell and not kx', async () => {
        const { pty, ended } = await open('-it', ...flags, pod, '--', 'sh', '-i');
        pty.write('echo $((6 * 7))\r');
        await pty.sees(/\b42\r\n/);
        pty.write('sleep 1000\r');
        await eventually('it sleeps', async () =>
          (await inPod(pod, 'cat /proc/[0-9]*/cmdline 2>/dev/null; true')).includes('sleep\u00001000'),
        );
        pty.write('\x03');
        pty.write('echo after $((6 * 8))\r');
        await pty.sees(/after 48\r\n/);
        pty.write('exit 5\r');
        assert.equal(await ended(), 5);
      });

      test('is that of a program that catches Ctrl-C', async () => {
        const script = 'trap "echo caught; exit 6" INT; echo ready; while :; do sleep 0.1; done';
        const { pty, ended } = await open('-it', ...flags, pod, '--', 'sh', '-c', script);
        await pty.sees(/ready\r\n/);
        pty.write('\x03');
        await pty.sees(/caught\r\n/);
        assert.equal(await ended(), 6);
      });

      test('a program that Ctrl-C ends has the code of that', async () => {
        const { pty, ended } = await open('-it', ...flags, pod, '--', 'sh', '-c', 'echo ready; exec sleep 1000');
        await pty.sees(/ready\r\n/);
        pty.write('\x03');
        assert.equal(await ended(), 130);
      });

      test('SIGTERM to kx ends the command, and the terminal is as before', async () => {
        const word = `${300_000 + process.pid + sessions}`;
        const { pty, pid, ended } = await open(
          '-it',
          ...flags,
          pod,
          '--',
          'sh',
          '-c',
          `echo up; sleep ${word}; echo no`,
        );
        await pty.sees(/up\r\n/);
        process.kill(await pid(), 'SIGTERM');
        assert.equal(await ended(), 143);
        await eventually(
          'it is gone',
          async () => !(await inPod(pod, 'cat /proc/[0-9]*/cmdline 2>/dev/null; true')).includes(`sleep\0${word}`),
        );
      });
    });
  }
}

suite('a terminal', { concurrency: 2 }, () => {
  test('is good for vim, which changes a file', async () => {
    for (const flags of [[], ['--workdir', '/tmp']]) {
      const file = `/tmp/kx-vim-${process.pid}`;
      await inPod('debian', `echo one >${file}`);
      const { pty, ended } = await open('-it', ...flags, 'debian', '--', 'vim', '-u', 'NONE', file);
      await pty.sees(/one/);
      pty.write('A two\x1b');
      await pty.sees(/two/);
      pty.write(':wq\r');
      assert.equal(await ended(), 0);
      assert.equal(await inPod('debian', `cat ${file}; rm ${file}`), 'one two\n');
    }
  });

  test('is as before when the stream is cut', async () => {
    const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
    const { hostname, port, pathname } = new URL(server);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
    const way = ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
    const { pty, ended } = await open('-it', ...way, 'one', '--', 'sh', '-c', 'echo up; sleep 20');
    await pty.sees(/up\r\n/);
    proxy.cut();
    assert.equal(await ended(), 125);
    assert.match(pty.screen(), /error:.*KX_CONNECTION_LOST/);
  });

  test('is left by the detach keys', async () => {
    const { pty, ended } = await open('-it', '--detach-keys', 'ctrl-p,ctrl-q', 'one', '--', 'sh', '-c', 'echo up; cat');
    await pty.sees(/up\r\n/);
    pty.write('in\x10still in\r');
    await pty.sees(/in\^Pstill in\r\n/);
    pty.write('\x10\x11');
    assert.equal(await ended(), 0);
    assert.match(pty.screen(), /detached: /);
  });

  test('is recorded', async () => {
    const file = join(folder, 'session.cast');
    const { pty, ended } = await open('-it', '--record', file, 'one', '--', 'sh', '-c', 'echo recorded; exit 3');
    await pty.sees(/recorded\r\n/);
    assert.equal(await ended(), 3);
    const [head = '', ...events] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      (({ version, width, height }) => [version, width, height])(JSON.parse(head) as Record<string, number>),
      [2, 91, 33],
    );
    assert.ok(events.some((line) => (JSON.parse(line) as string[])[2]?.includes('recorded\r\n')));
  });

  test('is not given to a command whose stdin is none, and that is said', async () => {
    const { code, stdout, stderr } = await kxExec(['-it', 'one', '--', 'sh', '-c', 'tty; cat'], { stdin: 'in\n' });
    assert.deepEqual([code, stdout.toString()], [0, 'not a tty\nin\n']);
    assert.equal(stderr, 'Unable to use a TTY - input is not a terminal or the right kind of file\n');
  });
});
