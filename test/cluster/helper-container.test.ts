import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../src/lib/errors/index.ts';
import { addHelperContainer, locatePath, type Helper } from '../../src/lib/helper-container/index.ts';
import { connect, type ApiClient, type ConnectionFlags } from '../../src/lib/kube/index.ts';
import { collect } from '../../src/lib/process/index.ts';
import type { Target } from '../../src/lib/target/index.ts';
import { apiserverTransport } from '../../src/lib/transport/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { kubectl, ownNamespace, podManifest } from './support.ts';

const image = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`;
const restricted = `    securityContext:
      runAsNonRoot: true
      runAsUser: 65532
      runAsGroup: 65533
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
      seccompProfile: {type: RuntimeDefault}
`;

function api(flags: ConnectionFlags = {}): Promise<ApiClient> {
  return connect({ kubeconfig: clusterKubeconfig(), context: 'kx', ...flags }, { env: process.env, log: () => {} });
}

async function add(
  target: Target,
  options: { image?: string; flags?: ConnectionFlags; say?: (line: string) => void } = {},
): Promise<Helper> {
  return addHelperContainer(await api(options.flags), target, {
    image: options.image ?? image,
    podTimeoutMs: 60_000,
    signal: new AbortController().signal,
    say: options.say ?? (() => {}),
  });
}

async function refusal(promise: Promise<unknown>): Promise<KxError> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof KxError, JSON.stringify(error));
  return error;
}

/** Runs a script in the helper, `$1` is the root; anything but code 0 is a failure. */
async function inHelper({ target, root }: Helper, script: string): Promise<string> {
  const command = ['sh', '-c', script, 'sh', root];
  const remote = await apiserverTransport(await api()).exec(target, { command, stdin: false, tty: null });
  const { stdout, stderr, status } = await collect(remote);
  assert.equal(status.code, 0, stderr.toString());
  return stdout.toString();
}

/** The file of a volume of the pod, as the container `witness` sees it. */
function witnessed(namespace: string, pod: string, file: string): Promise<string> {
  return kubectl('exec', '-n', namespace, pod, '-c', 'witness', '--', 'cat', `/seen/${file}`);
}

/** A pod whose container `main` has no shell; /data is a volume that the container `witness` sees too. */
function bare(name: string, security = '', more = ''): string {
  const main = `${security}    volumeMounts: [{name: data, mountPath: /data}]\n`;
  const witness = `  - name: witness\n    image: ${image}\n${security}    volumeMounts: [{name: data, mountPath: /seen}]\n`;
  return `${podManifest(name, 'kx-distroless', { spec: main + witness })}  volumes: [{name: data, emptyDir: {}}]\n${more}`;
}

/** Adds a helper to `main` of a bare pod, and proves that it has the files of `main`, and its rights. */
async function proveHelper(namespace: string, pod: string, user: string): Promise<Helper> {
  const said: string[] = [];
  const helper = await add({ namespace, pod, container: 'main' }, { say: (line) => said.push(line) });
  const line = `Adding the helper container ${helper.target.container} (${image}) to pod ${pod}: `;
  assert.deepEqual(said, [`${line}it ends after an hour, and stays listed until the pod ends`]);
  assert.match(helper.target.container, /^kx-cp-[a-z0-9]{5}$/);
  assert.match(await inHelper(helper, 'ls "$1"'), /^app\n/);
  assert.match(await inHelper(helper, 'test ! -e "$1/bin" && head -c 4 "$1/app"'), /ELF/);
  await inHelper(helper, 'umask 022; mkdir "$1/data/sub" && echo written >"$1/data/sub/file"');
  assert.equal(await witnessed(namespace, pod, 'sub/file'), 'written\n');
  assert.equal(await inHelper(helper, 'cat "$1/data/sub/file"'), 'written\n');
  assert.equal(await inHelper(helper, 'stat -c %u:%g "$1/data/sub/file"'), `${user}\n`);
  return helper;
}

const namespace = await ownNamespace(
  'helper',
  bare('image-user'),
  bare('chosen-user', restricted),
  bare('root', '    securityContext: {runAsUser: 0}\n'),
  bare('privileged', '    securityContext: {runAsUser: 0, privileged: true}\n'),
  bare('admin', '    securityContext: {runAsUser: 0, capabilities: {add: [SYS_ADMIN], drop: [CHOWN]}}\n'),
  bare('shared', restricted, '  shareProcessNamespace: true\n'),
  bare('host', restricted, '  hostPID: true\n'),
  bare('group', restricted, '  securityContext: {fsGroup: 4000}\n'),
);
const guarded = await ownNamespace(
  'helper-rules',
  bare('one', restricted),
  bare('other', restricted),
  bare('root', '    securityContext: {runAsUser: 0}\n'),
);
await kubectl('label', 'namespace', guarded, 'pod-security.kubernetes.io/enforce=restricted');

suite('a container without a shell gets a helper that lists, reads and writes its files', () => {
  test('as the user of its image', async () => {
    // containerd gives such a user the group 0, and says so.
    const { root } = await proveHelper(namespace, 'image-user', foreignCluster ? '65532:65532' : '65532:0');
    assert.equal(root, '/proc/1/root');
  });

  test('as the user of its securityContext', async () => {
    await proveHelper(namespace, 'chosen-user', '65532:65533');
  });

  test('as root, with the capabilities of the container', async () => {
    await proveHelper(namespace, 'root', '0:0');
    await proveHelper(namespace, 'admin', '0:0');
    await proveHelper(namespace, 'privileged', '0:0');
  });

  test('in the group of its volumes', async () => {
    const helper = await proveHelper(namespace, 'group', '65532:4000');
    assert.match(await inHelper(helper, 'id -G'), /\b4000\b/);
  });

  test('by its container id where the pod shares one process namespace', async () => {
    const { root } = await proveHelper(namespace, 'shared', '65532:65533');
    assert.notEqual(root, '/proc/1/root');
    // The processes of the other container have the same user: only the id tells them apart.
    const other = await add({ namespace, pod: 'shared', container: 'witness' });
    assert.notEqual(other.root, root);
    assert.match(await inHelper(other, 'ls "$1/seen/sub"'), /^file$/m);
  });

  test('by its container id where the pod shares the processes of the node', async () => {
    const { root } = await proveHelper(namespace, 'host', '65532:65533');
    assert.notEqual(root, '/proc/1/root');
  });
});

suite('a helper', () => {
  test('passes the Pod Security level "restricted", and is used again by the next command', async () => {
    const first = await proveHelper(guarded, 'one', '65532:65533');
    const said: string[] = [];
    const target = { namespace: guarded, pod: 'one', container: 'main' };
    const again = await add(target, { say: (line) => said.push(line) });
    assert.deepEqual([again, said], [first, []]);
    const witness = await add({ ...target, container: 'witness' });
    assert.notEqual(witness.target.container, first.target.container);
  });

  test('follows an absolute symbolic link of the target to its own files, unless the path is located first', async () => {
    const helper = await add({ namespace: guarded, pod: 'one', container: 'main' });
    await inHelper(
      helper,
      'mkdir -p "$1/data/sub" && echo found >"$1/data/sub/there" && ln -s /data/sub "$1/data/link"',
    );
    assert.equal(await inHelper(helper, 'test -e "$1/data/link" || echo lost'), 'lost\n');
    const { signal } = new AbortController();
    const located = await locatePath(apiserverTransport(await api()), helper, '/data/link/there', signal);
    assert.equal(located, `${helper.root}/data/sub/there`);
    // The working directory of the target is its root.
    assert.equal(
      await locatePath(apiserverTransport(await api()), helper, 'data/../app', signal),
      `${helper.root}/app`,
    );
  });

  test('that admission refuses is refused in its words', async () => {
    const error = await refusal(add({ namespace: guarded, pod: 'root', container: 'main' }));
    assert.equal(error.code, 'KX_FORBIDDEN');
    assert.match(error.message, /violates PodSecurity "restricted:latest"/);
    assert.match(error.hint ?? '', /has no sh; .*; or run the container from an image that has sh/);
  });

  test('that the user may not add names the right to it, and the other ways', async () => {
    await kubectl('create', 'role', 'reader', '-n', guarded, '--verb=get', '--resource=pods');
    await kubectl('create', 'rolebinding', 'reader', '-n', guarded, '--role=reader', '--user=jane');
    const error = await refusal(
      add({ namespace: guarded, pod: 'other', container: 'main' }, { flags: { as: 'jane' } }),
    );
    assert.equal(error.code, 'KX_FORBIDDEN');
    assert.match(error.message, /cannot patch resource "pods\/ephemeralcontainers"/);
    assert.match(
      error.hint ?? '',
      /must allow the verb "patch" on "pods\/ephemeralcontainers" to user "jane"; or run the container from/,
    );
  });

  test('whose image cannot be had ends the wait with the words of the kubelet', async () => {
    const missing = '127.0.0.1:9/no-such-image:1';
    const error = await refusal(add({ namespace: guarded, pod: 'other', container: 'main' }, { image: missing }));
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.match(error.message, /^the helper container kx-cp-\w{5} of pod other does not start: \w+: .*no-such-image/);
  });

  test('whose image has no sleep, or no sh, says so', async () => {
    const distroless = image.replace('busybox', 'distroless');
    const error = await refusal(add({ namespace: guarded, pod: 'other', container: 'main' }, { image: distroless }));
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.match(error.message, /exec: "sleep": executable file not found/);
  });

  test('is not given to another pod of the same name', async () => {
    const target = { namespace: guarded, pod: 'other', container: 'main', uid: '00000000-0000-0000-0000-000000000000' };
    const error = await refusal(add(target));
    assert.equal(error.code, 'KX_TARGET_CHANGED');
  });
});
