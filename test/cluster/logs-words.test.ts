import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clusterKubeconfig } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { kxBinary, run, start, type Ended, type Running } from '../support/program.ts';
import { kubectl, ownNamespace, podManifest, runKubectl } from './support.ts';

const env = { KUBECONFIG: clusterKubeconfig() };
const talking = 'trap "echo bye; exit" TERM; i=0; while :; do i=$((i+1)); echo "$i said"; sleep 0.2; done';
const pod = (name: string, command = talking): string =>
  podManifest(name, 'kx-busybox', { spec: `    command: [sh, -c, '${command}']\n` }).replace(
    'labels: {',
    'labels: {app: talk, ',
  );

const [here, there] = await Promise.all([
  ownNamespace('words-a', pod('talk-1'), pod('talk-2'), pod('talk-3'), pod('still', 'echo still; exec sleep 100000')),
  ownNamespace('words-b', pod('talk-4')),
]);

suite('the words of kx logs on a cluster', () => {
  const kx = (...words: string[]): Promise<Ended> => run(kxBinary(), ['logs', '--context', 'kx', ...words], { env });
  const startKx = (...words: string[]): Running =>
    start(kxBinary(), ['logs', '--context', 'kx', ...words], { env, stdin: null, timeout: 120_000 });
  const stopped = (running: Running): Promise<Ended> => {
    running.child.kill('SIGINT');
    return running.ended;
  };

  test('a pod that is named is narrowed by what narrows', async () => {
    await eventually('it is said', async () => /still/.test((await kx('-n', here, 'still')).stdout.toString()));
    const node = await kubectl('get', 'pod', '-n', here, 'still', '-o', 'jsonpath={.spec.nodeName}');
    const shown = async (...words: string[]): Promise<string> =>
      (await kx('-n', here, 'still', ...words)).stdout.toString();
    assert.equal(await shown('--node', node, '--container-state', 'running,waiting'), 'still\n');
    assert.equal(await shown('--field-selector', `spec.nodeName!=${node}`), '');
    assert.equal(await shown('--container-state', 'terminated'), '');
    assert.equal(await shown('--exclude-container', 'main'), '');
  });

  test('no selector and a pod that is not there are refused as by kubectl', async () => {
    for (const words of [
      ['-l', ''],
      ['nope', '--ignore-errors'],
      ['still', '-c', 'nope', '--ignore-errors'],
    ]) {
      const [stock, ours] = await Promise.all([runKubectl(['logs', '-n', here, ...words]), kx('-n', here, ...words)]);
      assert.deepEqual([stock.code, ours.code, ours.stdout.toString()], [1, 125, ''], words.join(' '));
    }
  });

  test('a cluster without the feature gate for it says so once for --stream', async (context) => {
    const gates = await kubectl('get', '--raw', '/metrics');
    if (/name="PodLogsQuerySplitStreams",[^\n]*} 1/.test(gates)) {
      context.skip('this cluster has it');
      return;
    }
    for (const words of [['still'], ['-l', 'app=talk'], ['-f', '-l', 'app=talk']]) {
      const { code, stderr } = await kx('-n', here, ...words, '--stream', 'stderr');
      assert.match(
        stderr,
        /^error: the server does not tell stdout from stderr \[KX_USAGE\]\nhint: .*PodLogsQuerySplitStreams/,
      );
      assert.equal(code, 125);
    }
  });

  test('where logs may be read in some namespaces only, those are shown and the others said', async () => {
    const user = `reader-${here}`;
    await kubectl('create', 'role', 'pods', '-n', here, '--verb=get,list,watch', '--resource=pods');
    await kubectl('create', 'role', 'logs', '-n', there, '--verb=get,list,watch', '--resource=pods,pods/log');
    await kubectl('create', 'rolebinding', 'pods', '-n', here, '--role=pods', `--user=${user}`);
    await kubectl('create', 'rolebinding', 'logs', '-n', there, '--role=logs', `--user=${user}`);
    const words = ['--as', user, '-n', `${here},${there}`, '-l', 'app=talk', '--tail=1'];
    await eventually('the roles count', async () => (await kx(...words)).stdout.length > 0);
    const { code, stdout, stderr } = await kx(...words);
    assert.match(stdout.toString(), new RegExp(`^${there} talk-4 main \\d+ said\\n$`));
    assert.equal(stderr.match(/error: \S+: pods "\S+" is forbidden: .* \[KX_FORBIDDEN\]/g)?.length, 4);
    assert.equal(code, 125);

    // A log that is open goes on, and so does the command, when the right is taken away.
    const running = startKx('-f', '-q', ...words);
    await running.sees(/talk-4 main/);
    await kubectl('delete', 'rolebinding', 'logs', '-n', there);
    await eventually('it is taken away', async () =>
      /FORBIDDEN/.test((await kx('--as', user, '-n', there, 'talk-4')).stderr),
    );
    const before = running.stdout().length;
    await eventually('it goes on', () => running.stdout().length > before);
    const end = await stopped(running);
    assert.deepEqual([end.code, end.stderr.match(/KX_FORBIDDEN/g)?.length], [130, 4]);
  });

  test('pods and a namespace that are deleted end without an alarm, with their last lines', async (context) => {
    const gone = `${there}-gone`;
    await kubectl('create', 'namespace', gone);
    context.after(() => runKubectl(['delete', 'namespace', gone, '--wait=false']));
    const wait = ['wait', '-n', gone, '--timeout=120s'];
    await kubectl(...wait, '--for=create', 'serviceaccount/default', 'configmap/kube-root-ca.crt');
    await runKubectl(['apply', '-n', gone, '-f', '-'], { stdin: pod('talk-5') });
    await kubectl(...wait, '--for=condition=Ready', 'pod/talk-5');
    const running = startKx('-f', '-A', '-l', 'app=talk', '--tail=1', '--exclude-pod', 'still');
    for (const name of ['talk-1', 'talk-2', 'talk-3', 'talk-5'])
      await running.sees(new RegExp(` ${name} main \\d+ said`));
    await kubectl('delete', 'pods', '-n', here, '--wait=false', 'talk-1', 'talk-2', 'talk-3');
    await kubectl('delete', 'namespace', gone, '--wait=false');
    for (const [namespace, name] of [
      [here, 'talk-1'],
      [here, 'talk-2'],
      [here, 'talk-3'],
      [gone, 'talk-5'],
    ]) {
      await running.sees(new RegExp(`^${namespace} ${name} main bye\\n`, 'm'));
      await running.sees(new RegExp(`${namespace}/${name}/main: (ended with exit code 0|the pod is gone)`));
    }
    const { code, stderr } = await stopped(running);
    assert.equal(code, 130);
    assert.doesNotMatch(stderr, /missing|lost/);
  });
});
