import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { clusterKubeconfig } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { kxBinary } from '../support/program.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { privilegedWords, testImage } from './privileged-support.ts';
import { inPod } from './support.ts';

const folder = temporaryFolder();
let opened = 0;

async function open(...words: string[]): Promise<Pty> {
  opened++;
  return openPty([kxBinary(), ...privilegedWords(words)], {
    columns: 91,
    rows: 33,
    env: { KUBECONFIG: clusterKubeconfig() },
    timeout: 90_000,
  });
}

const places = [
  { where: 'a container with ash', words: ['one'] },
  { where: 'a container with dash', words: ['debian'] },
  { where: 'a node', words: ['node/node-1'] },
  { where: 'tools', words: ['distroless', '--tools', testImage] },
];

for (const { where, words } of places) {
  suite(`a terminal in ${where}`, { concurrency: 2 }, () => {
    test('is that of a shell with job control: Ctrl-C ends what runs there, not the shell and not kx', async () => {
      const pty = await open(...words, '-it', '--', 'sh', '-i');
      pty.write('echo $((6 * 7))\r');
      await pty.sees(/\b42\r\n/);
      assert.doesNotMatch(pty.screen(), /job control|tty/);
      const word = `${400_000 + process.pid + opened}`;
      pty.write(`sh -c 'echo be''gun; exec sleep ${word}'\r`);
      await pty.sees(/begun\r\n/);
      pty.write('\x03');
      pty.write('echo after $((6 * 8))\r');
      await pty.sees(/after 48\r\n/);
      pty.write('sleep 1 & wait; echo waited; exit 5\r');
      assert.equal((await pty.ended).code, 5);
      assert.ok(!pty.screen().includes('kx-'), pty.screen());
    });

    test('has the size outside and follows it; a program catches Ctrl-C', async () => {
      const script = 'trap "echo caught; exit 6" INT; while :; do stty size; sleep 0.2; done';
      const pty = await open(...words, '-it', '--', 'sh', '-c', script);
      await pty.sees(/33 91\r\n/);
      pty.resize(120, 40);
      await pty.sees(/40 120\r\n/);
      pty.write('\x03');
      await pty.sees(/caught\r\n/);
      assert.equal((await pty.ended).code, 6);
    });
  });
}

suite('a terminal', { concurrency: 2 }, () => {
  test('a program that Ctrl-C ends has the code of that', async () => {
    const pty = await open('debian', '-it', '--', 'sh', '-c', 'echo ready; exec sleep 1000');
    await pty.sees(/ready\r\n/);
    pty.write('\x03');
    assert.equal((await pty.ended).code, 130);
  });

  test('bash has job control', async () => {
    const pty = await open('debian', '-it', '--', 'bash', '--norc', '-i');
    const word = String(700_000 + process.pid);
    pty.write(`sleep ${word}\r`);
    await eventually('it sleeps', async () => (await inPod('debian', 'cat /proc/[0-9]*/cmdline')).includes(word));
    pty.write('\x1a');
    await pty.sees(/Stopped/);
    // A shell does not leave before it knows that the stopped job has gone.
    pty.write('kill -9 %1; while kill -0 %1; do sleep 0.1; done 2>/dev/null; exit 3\r');
    assert.equal((await pty.ended).code, 3);
    assert.doesNotMatch(pty.screen(), /no job control|cannot set terminal/);
  });

  test('is recorded', async () => {
    const file = join(folder, 'a.cast');
    const pty = await open('debian', '-it', '--record', file, '--', 'echo', 'hello there');
    assert.equal((await pty.ended).code, 0);
    const [head, ...events] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    assert.match(head ?? '', /"command":"echo 'hello there'"/);
    assert.match(events.join('\n'), /hello there/);
    assert.doesNotMatch(events.join('\n'), /entered/);
  });

  test('a command that is not there is told on a terminal too', async () => {
    const pty = await open('debian', '-it', '--', 'kx-nothing');
    assert.equal((await pty.ended).code, 127);
    assert.match(pty.screen(), /^\S*error:\S* kx-nothing: not found \[KX_COMMAND_NOT_FOUND\]\r\n$/);
  });
});
