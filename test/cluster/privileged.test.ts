import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { foreignCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { helpersIn, pexec, startPexec, testImage } from './privileged-support.ts';
import { inPod, kubectl, onNode, ownNamespace, podManifest, runKubectl } from './support.ts';

const namespace = await ownNamespace(
  'privileged',
  podManifest('userns', 'kx-busybox', { node: 'node-1', ready: false }).replace(
    'spec:\n',
    'spec:\n  hostUsers: false\n',
  ),
  podManifest('shared', 'kx-busybox', {
    node: 'node-1',
    spec: `  - {name: other, image: ${process.env['KX_TEST_IMAGES'] ?? ''}kx-debian:local}\n`,
  }).replace('spec:\n', 'spec:\n  shareProcessNamespace: true\n'),
  podManifest('own-env', 'kx-debian', {
    node: 'node-1',
    spec: '    workingDir: /var\n    env: [{name: TWO_LINES, value: "a\\nb"}, {name: KX_X, value: "1 2"}, {name: dotted.name, value: "3"}]\n',
  }),
);
const caps = 'grep CapEff /proc/self/status';
const all = /^CapEff:\t0{5}1fff[fe]f{6}\n$/;

suite('in a container', { concurrency: 2 }, () => {
  test('the command is root with all capabilities, in the namespaces of the container, and in no other process of kx', async () => {
    const script = `id -u; ${caps}; for n in mnt net pid ipc uts user; do readlink /proc/self/ns/$n; done; readlink /proc/1/ns/mnt`;
    const { stdout, stderr, code } = await pexec(['restricted', '--', 'sh', '-c', script]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    const [uid = '', capabilities = '', ...spaces] = stdout.toString().trimEnd().split('\n');
    assert.equal(uid, '0');
    assert.match(`${capabilities}\n`, all);
    const inside = await inPod('restricted', 'for n in mnt net pid ipc uts user; do readlink /proc/1/ns/$n; done');
    assert.deepEqual(spaces, [...inside.trimEnd().split('\n'), spaces[0]]);
  });

  test('it has PATH and HOME, and nothing of the helper', async () => {
    const { stdout } = await pexec(['debian', '--', 'env']);
    const expected = 'HOME=/root\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n';
    assert.equal(stdout.toString().split('\n').sort().join('\n').trim(), expected.trim());
    const files = await pexec(['debian', '--', 'ls', '/proc/self/fd']);
    assert.equal(files.stdout.toString(), '0\n1\n2\n3\n', 'and no open file besides the three and that of ls');
  });

  test('the code of the command is that of kx', async () => {
    for (const [script, code] of [
      ['exit 7', 7],
      ['kill -9 $$', 137],
      ['exit 125', 125],
      ['echo nsenter: 127; exit 127', 127],
    ] as const) {
      const ended = await pexec(['debian', '--', 'sh', '-c', script]);
      assert.equal(ended.code, code, script);
      assert.equal(ended.stderr, `command terminated with exit code ${code}\n`);
    }
  });

  test('a command that is not there or is no program is told as by kx exec', async () => {
    const missing = await pexec(['debian', '--', 'kx-nothing']);
    assert.equal(missing.stderr, 'error: kx-nothing: not found [KX_COMMAND_NOT_FOUND]\n');
    assert.equal(missing.code, 127);
    const folder = await pexec(['debian', '--', '/etc']);
    assert.match(folder.stderr, /\/etc: Permission denied \[KX_COMMAND_NOT_EXECUTABLE\]/);
    assert.equal(folder.code, 126);
    const applet = await pexec(['distroless', '--', 'ls']);
    assert.equal(applet.code, 127, 'a program of the helper is no program of the container');
  });

  test('bytes pass unchanged both ways, and the end of the input is told', async () => {
    const bytes = randomBytes(1 << 20);
    const { stdout, code } = await pexec(['debian', '-i', '--', 'sh', '-c', 'cat; printf end'], { stdin: bytes });
    assert.equal(code, 0);
    assert.ok(stdout.equals(Buffer.concat([bytes, Buffer.from('end')])));
  });

  test('both outputs are apart', async () => {
    const { stdout, stderr } = await pexec(['one', '--', 'sh', '-c', 'echo out; echo err >&2']);
    assert.deepEqual([stdout.toString(), stderr], ['out\n', 'err\n']);
  });

  test('--env, --workdir and --run-as', async () => {
    const words = ['debian', '--env', 'A=x y', '--env', 'PATH=/bin', '--workdir', '/usr/bin', '--run-as', '1000:2000'];
    const { stdout, code } = await pexec([
      ...words,
      '--',
      'sh',
      '-c',
      `pwd; echo $A; echo $PATH; id -u; id -G; ${caps}`,
    ]);
    assert.equal(stdout.toString(), '/usr/bin\nx y\n/bin\n1000\n2000\nCapEff:\t0000000000000000\n');
    assert.equal(code, 0);
    const wrong = await pexec(['debian', '--workdir', '/nowhere', '--', 'true']);
    assert.equal(wrong.code, 126);
    assert.match(wrong.stderr, /cannot change to the directory \/nowhere in container main of pod debian/);
  });

  test('--as-container has what the container was started with', async () => {
    const show = 'printf "%s|%s|%s|" "$TWO_LINES" "$KX_X" "$HOSTNAME"; pwd; id -u';
    const { stdout } = await pexec(['own-env', '-n', namespace, '--as-container', '--', 'sh', '-c', show]);
    assert.equal(stdout.toString(), 'a\nb|1 2|own-env|/var\n0\n');
    const user = await pexec(['restricted', '--as-container', '--', 'sh', '-c', 'id -u']);
    assert.equal(user.stdout.toString(), '1000\n');
  });

  test('--namespaces enters only these', async () => {
    const script = 'hostname; ip -o -4 address show dev eth0 | grep -o "10.251[.0-9]*" | head -1';
    const { stdout } = await pexec(['one', '--namespaces', 'net', '--', 'sh', '-c', script]);
    const [node, address] = stdout.toString().trimEnd().split('\n');
    const place = await kubectl(
      'get',
      'pod',
      'one',
      '-n',
      'kx-test',
      '-o',
      'jsonpath={.spec.nodeName} {.status.podIP}',
    );
    assert.equal(`${node} ${address}`, place);
  });

  test('an init process that is not number 1, and a container that is not the first', async () => {
    const script =
      'cat /proc/1/comm; readlink /proc/self/ns/mnt; readlink /proc/self/ns/pid; readlink /bin/bash || ls /bin/bash';
    const { stdout } = await pexec(['shared', '-n', namespace, '-c', 'other', '--', 'sh', '-c', script]);
    const inside = await kubectl('exec', '-n', namespace, 'shared', '-c', 'other', '--', 'sh', '-c', script);
    assert.equal(stdout.toString(), inside);
    const ephemeral = await pexec(['two', '-c', 'debugger', '--', 'id', '-u']);
    assert.equal(ephemeral.stdout.toString(), '0\n');
  });

  test('a default container is said', async () => {
    const { stderr, code } = await pexec(['two', '--', 'true']);
    assert.match(stderr, /^Defaulted container "a" out of: a, b/);
    assert.equal(code, 0);
    assert.equal((await pexec(['two', '-q', '--', 'true'])).stderr, '');
  });

  test('--timeout ends the command and its children', async () => {
    const word = String(500_000 + process.pid);
    const { code, stderr } = await pexec([
      'debian',
      '--timeout',
      '2s',
      '--',
      'sh',
      '-c',
      `sleep ${word} & sleep ${word}`,
    ]);
    assert.equal(code, 124);
    assert.match(stderr, /the remote command and its children were ended/);
    await eventually('they are gone', async () => !(await inPod('debian', 'cat /proc/[0-9]*/cmdline')).includes(word));
  });

  test('two users at once on one container do not meet', async () => {
    const [first, second] = await Promise.all([
      pexec(['one', '-i', '--', 'cat'], { stdin: 'first' }),
      pexec(['one', '-i', '--', 'cat'], { stdin: 'second' }),
    ]);
    assert.deepEqual([first.stdout.toString(), second.stdout.toString()], ['first', 'second']);
  });
});

test('a user namespace is entered as its root', { skip: foreignCluster && 'its nodes may not have them' }, async () => {
  // A container may mount /proc in a user namespace only where the node has a whole one: this hides no setting.
  await onNode(
    'node-1',
    'sh',
    '-c',
    'mkdir -p /run/kx/proc; mountpoint -q /run/kx/proc || mount -t proc proc /run/kx/proc',
  );
  await kubectl('wait', '-n', namespace, '--for=condition=Ready', 'pod/userns', '--timeout=120s');
  const script =
    'id -u; touch /root/x; stat -c %u /root/x; head -c 12 /proc/self/uid_map | tr -d " "; readlink /proc/self/ns/user';
  const { stdout, code } = await pexec(['userns', '-n', namespace, '--', 'sh', '-c', script]);
  assert.equal(code, 0);
  const inside = await kubectl('exec', '-n', namespace, 'userns', '--', 'sh', '-c', script);
  assert.equal(stdout.toString(), inside);
  const as = await pexec(['userns', '-n', namespace, '--as-container', '--', 'id', '-u']);
  assert.equal(as.stdout.toString(), '0\n');
});

suite('with tools', { concurrency: 2 }, () => {
  test('a distroless container gets a shell, its own processes, its network and its files', async () => {
    const script =
      'ls $KX_TARGET_ROOT/app; cat /proc/1/comm; ls /proc | grep -c "^[0-9]"; hostname -i; ps >/dev/null; readlink /proc/self/ns/mnt';
    const { stdout, code } = await pexec(['distroless', '--tools', testImage, '--', 'sh', '-c', script]);
    assert.equal(code, 0);
    const [file, comm, processes, , mounts] = stdout.toString().trimEnd().split('\n');
    assert.deepEqual([file, comm], ['/proc/1/root/app', 'app']);
    assert.ok(Number(processes) < 10, stdout.toString());
    const net = await pexec(['distroless', '--tools', testImage, '--', 'ip', '-o', '-4', 'address']);
    const ip = await kubectl('get', 'pod', 'distroless', '-n', 'kx-test', '-o', 'jsonpath={.status.podIP}');
    assert.ok(net.stdout.toString().includes(ip));
    assert.match(mounts ?? '', /^mnt:/);
  });

  test('and another user, variables, a directory, a code', async () => {
    const words = ['one', '--tools', testImage, '--run-as', '7', '--env', 'A=b', '--workdir', '/tmp'];
    const { stdout, code } = await pexec([...words, '--', 'sh', '-c', 'id -u; id -g; pwd; echo $A; exit 4']);
    assert.equal(stdout.toString(), '7\n7\n/tmp\nb\n');
    assert.equal(code, 4);
  });

  test('an image that cannot enter anything is told', async () => {
    const image = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-distroless:local`;
    const { stderr, code } = await pexec(['one', '--tools', image, '--', 'true']);
    assert.equal(code, 125);
    assert.match(stderr, /the image of the helper pod has no sh|does not start/);
    await eventually('its pod is gone', async () => (await helpersIn('kx-test')).length === 0, 60_000);
  });
});

suite('on a node', { concurrency: 2 }, () => {
  test('the command is in the namespaces of the host', { skip: foreignCluster }, async () => {
    const script = 'hostname; id -u; cat /proc/1/comm; for n in mnt net uts ipc; do readlink /proc/self/ns/$n; done';
    for (const node of ['node-1', 'node-3']) {
      const { stdout, code } = await pexec([`node/${node}`, '--', 'sh', '-c', script]);
      assert.equal(code, 0);
      assert.equal(stdout.toString(), await onNode(node, 'sh', '-c', script));
    }
  });

  test('one that is not there is told at once', async () => {
    const { stderr, code } = await pexec(['node/node-99', '--', 'true']);
    assert.equal(stderr, 'error: node "node-99" not found [KX_TARGET_NOT_FOUND]\n');
    assert.equal(code, 125);
  });
});

suite('the helper pod', () => {
  test('says whose it is, for what and since when; has no token; is gone after it', async () => {
    const running = startPexec(['debian', '-i', '--helper-label', 'team=a', '--', 'sh', '-c', 'echo up; cat']);
    await running.sees(/up/);
    const { items } = JSON.parse(
      await kubectl('get', 'pods', '-n', 'kx-test', '-l', 'kx.dev/node-pod,team=a', '-o', 'json'),
    ) as { items: { metadata: Record<string, Record<string, string>>; spec: Record<string, unknown> }[] };
    const [{ metadata, spec } = assert.fail('it is not there')] = items;
    const { annotations = {}, labels = {} } = metadata;
    assert.equal(annotations['kx.dev/target'], 'kx-test/debian/main');
    assert.ok((annotations['kx.dev/user'] ?? '') !== '' && annotations['kx.dev/user'] !== 'unknown');
    assert.ok(Math.abs(Date.parse(annotations['kx.dev/since'] ?? '') - Date.now()) < 120_000);
    assert.equal(labels['app.kubernetes.io/managed-by'], 'kubectl-kx');
    assert.equal(spec['automountServiceAccountToken'], false);
    assert.deepEqual(spec['tolerations'], [{ operator: 'Exists' }]);
    running.child.stdin.end();
    assert.equal((await running.ended).code, 0);
    const gone = async (): Promise<boolean> => (await kubectl('get', 'pods', '-n', 'kx-test', '-l', 'team=a')) === '';
    await eventually('it is gone', gone, 60_000);
  });

  test('is kept by --keep, used again by --helper, listed and left by --gc', async () => {
    const place = ['--helper-namespace', namespace];
    const kept = await pexec(['one', ...place, '--keep', '--lifetime', '10m', '--', 'true']);
    assert.equal(kept.code, 0);
    const [, name = assert.fail(kept.stderr)] = /helper pod (kx-\w+) stays on node/.exec(kept.stderr) ?? [];
    const again = await pexec(['debian', ...place, '--helper', name, '--', 'echo', 'again']);
    assert.equal(again.stdout.toString(), 'again\n');
    const other = await pexec(['two', '-q', ...place, '--helper', name, '--', 'true']);
    assert.match(other.stderr, /is on node node-1, and the target on node-2 \[KX_HELPER_POD\]/);
    const listed = await pexec(['--gc', ...place]);
    assert.match(listed.stdout.toString(), new RegExp(`${name} .*kx-test/one/main.* kept\n`));
    assert.match((await helpersIn(namespace)).join('\n'), new RegExp(`${name} +Running`));
    await runKubectl(['delete', 'pod', name, '-n', namespace, '--wait=false']);
  });
});
