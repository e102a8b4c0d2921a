import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { kxBinary, run, runKx, startKx, type Ended } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';
import { failure, startApiServer } from '../unit/target/api-server.ts';

const cluster = readFileSync(resolve(import.meta.dirname, '../support/logs.yaml'), 'utf8');

suite('the words of kx logs', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess(cluster);
    const ends: [string, RegExp][] = [
      ['short', /four/],
      ['two', /b2/],
      ['json', /bytes/],
    ];
    for (const [pod, end] of ends) {
      await eventually(`${pod} has said it`, async () =>
        end.test((await logs(pod, '--all-containers')).stdout.toString()),
      );
    }
  });
  const logs = (...args: string[]): Promise<Ended> => runKx(['logs', ...args], { env: sandbox.env });
  const textOf = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await logs(...args);
    assert.equal(code, 0, stderr);
    return stdout.toString('latin1');
  };
  const refused = async (says: RegExp, ...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await logs(...args);
    assert.match(stderr, says);
    assert.deepEqual([code, stdout.toString()], [125, '']);
  };

  test('a pod that is named is narrowed by the flags that narrow, too', async () => {
    assert.equal(await textOf('short', '--node', 'node-1', '--tail=1'), 'four');
    assert.equal(await textOf('two', '--all-containers', '--exclude-container', 'a', '--head=1'), 'b1\n');
    for (const words of [
      ['--node', 'node-2'],
      ['--field-selector', 'spec.nodeName=node-2'],
      ['--container-state', 'running'],
      ['--exclude-pod', 'short'],
      ['--exclude-container', '/main/'],
    ]) {
      assert.equal(await textOf('short', ...words), '', words.join(' '));
    }
    assert.match(
      await textOf('-n', 'other', 'deploy/web', '--container-state', 'running', '--tail=1'),
      /^(web-\S+ main up\n){3}$/,
    );
  });

  test('states may be written with commas', async () => {
    assert.equal(await textOf('short', '--container-state', 'waiting,terminated', '--tail=1'), 'four');
    assert.equal(await textOf('short', '--container-state', 'waiting,running'), '');
    await refused(/"ended" for "--container-state" flag: not one of running, /, 'short', '--container-state=ended');
  });

  test('what is followed up to a time that is over ends', async () => {
    assert.equal(await textOf('-f', 'counter', '--until', '1h'), '');
    assert.equal(await textOf('-f', '-n', 'other', '-l', 'app=web', '--until', '1h'), '');
  });

  test('what is followed up to a time to come ends with it, also where nothing is said', async () => {
    const soon = (): string => new Date(Date.now() + 1500).toISOString();
    for (const order of ['--merge', '--merge=false']) {
      assert.equal(await textOf('-f', '-n', 'other', '-l', 'app=web', order, '--until', soon()), 'up\nup\nup\n');
    }
    assert.equal(await textOf('-f', '-n', 'other', 'deploy/web', '--until', soon()), 'up\n');
    assert.equal(await textOf('-f', '-l', 'app=of-nothing', '--until', soon()), '');
  });

  test('an empty selector selects nothing, as in kubectl', async () => {
    for (const flag of ['-l', '--field-selector', '--node']) {
      await refused(/POD or TYPE\/NAME is a required argument/, flag, '');
      assert.equal(await textOf('short', flag, '', '--tail=1'), 'four');
    }
  });

  test('words that mean nothing are said by what they are', async () => {
    await refused(/^error: invalid argument "\[": error parsing regexp/, '/[/');
    await refused(/unknown unit "x" in duration "1x"/, 'short', '--since=1x');
    await refused(/"cm" is not a kind of object that has pods \[/, 'cm/any');
    await refused(/--template.*\n.*a field has one brace/, 'short', '--template', '{{.Message}}');
    await refused(/cannot read the template .*nope/, 'short', '--template-file', '/nope');
  });

  test('errors of logs may be ignored, but not that there is no such pod', async () => {
    await refused(/pod "nope" not found/, 'nope', '--ignore-errors');
    await refused(/container nope is not valid for pod two/, 'two', '-c', 'nope', '--ignore-errors');
    const { code, stderr } = await logs('--context', 'sandbox-nobody', 'short', '--ignore-errors');
    assert.equal(code, 0);
    assert.match(stderr, /^error: .*cannot get/);
  });

  test('a full disk is said as such', { skip: process.platform !== 'linux' }, async () => {
    for (const words of ['short', 'short --tail=2', 'two --all-containers', '-f counter', '-f -l app=counter']) {
      const line = `'${kxBinary()}' logs ${words} >/dev/full`;
      const { code, stderr } = await run('bash', ['-c', line], { env: sandbox.env });
      assert.match(stderr, /^error: cannot write stdout: .*no space left on device.* \[KX_USAGE\]\n$/m);
      assert.doesNotMatch(stderr, /cause|fault/);
      assert.equal(code, 125, words);
    }
  });

  test('one stream is followed from its last lines', async () => {
    for (const words of [
      ['counter', '--tail=3'],
      ['-l', 'app=counter', '--tail=3', '-o', 'raw'],
    ]) {
      const running = startKx(['logs', '-f', '--stream', 'stdout', ...words], { env: sandbox.env });
      await eventually('it goes on', () => running.stdout().length > 20_000);
      running.child.kill('SIGINT');
      const { stdout } = await running.ended;
      const numbers = stdout.toString().split('\n').slice(0, -1).map(Number.parseFloat);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => (numbers[0] ?? 0) + index),
      );
    }
    assert.equal(await textOf('-f', 'short', '--stream', 'stdout', '--tail=2'), 'three\nfour');
    assert.equal(await textOf('-f', 'short', '--stream', 'stdout', '--tail=0'), '');
    assert.equal(await textOf('-f', 'short', '--stream', 'stderr', '--tail=2'), '');
  });

  test('a server that cannot tell the streams of a container apart is named as the cause', async () => {
    const pod = {
      metadata: { name: 'p', namespace: 'default', uid: 'u', labels: { app: 'p' } },
      spec: { containers: [{ name: 'main' }, { name: 'side' }] },
      status: { phase: 'Failed' },
    };
    const forbidden = failure(422, 'Invalid', 'PodLogOptions "p" is invalid: stream: Forbidden: may not be specified');
    const pods = { kind: 'PodList', metadata: { resourceVersion: '7' }, items: [pod] };
    const answers = {
      '/api/v1/namespaces/default/pods': pods,
      '/api/v1/namespaces/default/pods/p': pod,
      '/api/v1/namespaces/default/pods/p/log': forbidden,
    };
    const words = ['--stream', 'stderr', '--ignore-errors'];
    for (const [version, says] of [
      [
        { major: '1', minor: '31', gitVersion: 'v1.31.4' },
        /--stream needs Kubernetes 1\.32, and the server has v1\.31\.4/,
      ],
      [
        { major: '1', minor: '36+' },
        /the server does not tell stdout from stderr \[KX_USAGE\]\nhint: .*PodLogsQuerySplitStreams/,
      ],
    ] as const) {
      const server = await startApiServer({ ...answers, '/version': version });
      for (const which of [
        ['p', 'main'],
        ['p', '--all-containers'],
        ['-f', 'p', 'main'],
      ]) {
        const { code, stdout, stderr } = await logs(...which, ...words, '--server', server.api.server);
        assert.match(stderr, says);
        assert.deepEqual([code, stdout.toString(), stderr.match(/error:/g)?.length], [125, '', 1], which.join(' '));
      }
    }
  });
});
