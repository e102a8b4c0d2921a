import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { run, start, type ProgramOptions } from '../support/program.ts';
import { openPty } from '../support/pty.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

const kubectl = (process.env['PATH'] ?? '')
  .split(':')
  .map((folder) => join(folder, 'kubectl'))
  .find((path) => existsSync(path));
const skip = kubectl === undefined ? 'kubectl, the reference client, is not on PATH' : false;

const cluster = `
{ apiVersion: v1, kind: Node, metadata: { name: node-1, labels: { node-role.kubernetes.io/worker: '' } } }
---
{ apiVersion: v1, kind: Node, metadata: { name: node-2 } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, command: [sh, -c, 'echo ready; while read -r line; do echo "got $line"; done'], stdin: true }] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: kube-system }
spec: { template: { metadata: { labels: { app: agent } }, spec: { containers: [{ name: agent }] } } }
---
apiVersion: v1
kind: Pod
metadata: { name: two }
spec:
  initContainers: [{ name: setup }]
  containers: [{ name: app, workingDir: /usr, env: [{ name: A, value: b }] }, { name: sidecar }]
---
apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec: { template: { spec: { containers: [{ name: main, command: [sh, -c, 'echo first; echo second >&2'] }] } } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: crash }, spec: { containers: [{ name: c, command: [sh, -c, 'echo "run $$"; exit 3'] }] } }
---
apiVersion: kx.dev/v1
kind: SandboxUser
metadata: { name: bob }
spec: { token: bobs-token, uid: bobs-uid, groups: [devs], rules: [{ verbs: [get, list], resources: [pods, pods/exec] }] }
`;

suite('stock kubectl against the sandbox', { skip }, () => {
  let sandbox: SandboxProcess;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kx-test-'));
    sandbox = await startSandboxProcess(cluster);
  });
  after(() => rmSync(folder, { recursive: true }));

  const k = async (args: string, options: ProgramOptions = {}) => {
    const { code, stdout, stderr } = await run(kubectl!, args.split(' '), { env: sandbox.env, ...options });
    return { code, stdout: stdout.toString(), stderr };
  };
  const says = async (args: string, options: ProgramOptions = {}) => {
    const { code, stdout, stderr } = await k(args, options);
    assert.deepEqual([code, stderr], [0, ''], `kubectl ${args}\n${stdout}${stderr}`);
    return stdout;
  };
  const refuses = async (args: string, message: string) => {
    const { code, stdout, stderr } = await k(args);
    assert.deepEqual([code, stdout, stderr], [1, '', `${message}\n`]);
  };
  const sh = (script: string, options: ProgramOptions = {}) =>
    run(
      kubectl!,
      ['exec', ...(options.stdin === undefined ? [] : ['-i']), 'two', '-c', 'app', '--', 'sh', '-c', script],
      {
        env: sandbox.env,
        ...options,
      },
    );

  test('execs over SPDY, as it did before it knew WebSockets', async () => {
    const env = { ...sandbox.env, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' };
    const words = ['exec', '-i', 'two', '-c', 'app', '--', 'sh', '-c', 'cat; echo err >&2; exit 3'];
    const { code, stdout, stderr } = await run(kubectl!, words, { env, stdin: 'in' });
    assert.deepEqual([code, stdout.toString()], [3, 'in']);
    assert.match(stderr, /^err\n.*exit code 3/s);
  });

  test('get prints tables, wide and not', async () => {
    assert.match(await says('get pods two'), /^NAME +READY +STATUS +RESTARTS +AGE\ntwo +2\/2 +Running +0 +\d+s\n$/);
    assert.match(
      await says('get pods two -o wide'),
      /IP +NODE +NOMINATED NODE +READINESS GATES\ntwo .* 10\.244\.0\.\d+ +node-\d /,
    );
    assert.match(await says('get nodes -o wide'), /node-1 +Ready +worker +\d+s +v1\.\d+.* 127\.0\.0\.1 /);
    assert.match(await says('get deploy -o wide'), /\nweb +2\/2 +2 +2 +\d+s +web .*app=web\n$/);
    assert.match(await says('get ds -A'), /\nkube-system +agent +2 +2 +2 +2 +2 /);
    assert.match(await says('get ns'), /default +Active.*\nkube-system +Active/);
    assert.match(await says('get all'), /pod\/two[^]*deployment.apps\/web[^]*replicaset.apps\/web-[^]*job.batch\/once/);
    await says('api-resources');
    await says('describe pod two');
  });

  test('get prints objects and names', async () => {
    const pod = JSON.parse(await says('get pod two -o json')) as { kind: string; metadata: { namespace: string } };
    assert.deepEqual([pod.kind, pod.metadata.namespace], ['Pod', 'default']);
    assert.match(await says('get pod two -o yaml'), /^apiVersion: v1\nkind: Pod\n/);
    assert.equal(await says('get node/node-1 pod/two -o name'), 'node/node-1\npod/two\n');
    assert.equal((await says('get pods -l app=web -o name')).split('\n').length, 3);
    assert.equal(await says('get pods -l app!=web --field-selector=metadata.name=two -o name'), 'pod/two\n');
    assert.equal(
      await says('get pod two --template={{.spec.nodeName}}'),
      await says('get pod two -o jsonpath={.spec.nodeName}'),
    );
  });

  test('get -w and wait follow what happens', async () => {
    const [first = ''] = (await says('get pods -l app=agent -n kube-system -o name')).split('\n');
    const watching = start(kubectl!, ['get', 'pods', '-n', 'kube-system', '-w'], { env: sandbox.env });
    await watching.sees(/agent/);
    assert.match(await says(`delete -n kube-system ${first}`), /deleted/);
    const rows = () =>
      new Set(
        watching
          .stdout()
          .toString()
          .match(/agent-\w+/g),
      );
    await eventually('a successor appears', () => rows().size === 3);
    watching.child.kill();
    await watching.ended;
    assert.match(await says('wait --for=condition=Ready pod/two --timeout=10s'), /condition met/);
    assert.match(await says('wait --for=condition=complete job/once --timeout=20s'), /condition met/);
  });

  test('exec carries streams, codes, environment and directory', async () => {
    const ended = await sh('echo "$A $PWD $HOSTNAME"; echo err >&2; exit 3');
    assert.equal(ended.stdout.toString(), 'b /usr two\n');
    assert.equal(ended.stderr, 'err\ncommand terminated with exit code 3\n');
    assert.equal(ended.code, 3);
    const input = randomBytes(3 << 20);
    assert.deepEqual((await sh('cat', { stdin: input })).stdout, input);
  });

  test('exec -it gives a terminal of the size outside, and follows it', async () => {
    const pty = await openPty([kubectl!, 'exec', '-it', 'two', '-c', 'app', '--', 'sh'], {
      columns: 91,
      rows: 33,
      env: sandbox.env,
    });
    pty.write('tty; stty size; echo "TERM=$TERM"\r');
    await pty.sees(/\/dev\/pts\/0\r\n33 91\r\nTERM=xterm\r\n/);
    pty.resize(60, 20);
    await eventually('the size arrives', async () => {
      pty.write('stty size\r');
      return (await pty.sees(/(\d+ \d+)\r\n/))[1] === '20 60';
    });
    pty.write('exit 6\r');
    assert.equal((await pty.ended).code, 6);
  });

  test('cp carries files both ways', async () => {
    const [there, back] = ['there', 'back'].map((name) => join(folder, name)) as [string, string];
    const bytes = randomBytes(5 << 20);
    writeFileSync(there, bytes);
    assert.equal(await says(`cp ${there} two:/tmp/file -c app`), '');
    assert.equal((await k(`cp two:/tmp/file ${back} -c app`)).code, 0);
    assert.deepEqual(readFileSync(back), bytes);
  });

  test('cp over a file of the system changes it in the container only', async () => {
    const passwd = readFileSync('/etc/passwd');
    const file = join(folder, 'passwd');
    writeFileSync(file, 'replaced\n');
    await says(`cp ${file} two:/etc/passwd -c sidecar`);
    assert.deepEqual(readFileSync('/etc/passwd'), passwd);
    assert.equal(await says('exec two -c sidecar -- cat /etc/passwd'), 'replaced\n');
  });

  test('attach reaches the main process, and logs has what it says', async () => {
    const [pod = ''] = (await says('get pods -l app=web -o name')).split('\n');
    const attached = start(kubectl!, ['attach', '-i', pod], { env: sandbox.env, stdin: null });
    await attached.sees(/If you don't see a command prompt/);
    attached.child.stdin.write('hello\n');
    await attached.sees(/got hello\n/);
    attached.child.kill();
    await attached.ended;
    const following = start(kubectl!, ['logs', '-f', pod], { env: sandbox.env });
    await following.sees(/ready\ngot hello\n/);
    following.child.kill();
    await following.ended;
    assert.equal(await says(`logs --tail=1 ${pod}`), 'got hello\n');
    assert.match(
      await says(`logs --timestamps --tail=1 ${pod}`),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z got hello\n$/,
    );
    assert.equal(await says(`logs --limit-bytes=4 ${pod}`), 'read');
  });

  test('a job ends, with a log of both outputs', async () => {
    await says('wait --for=condition=complete job/once --timeout=20s');
    assert.deepEqual((await says('logs job/once')).trim().split('\n').sort(), ['first', 'second']);
    assert.match(await says('get pods -l job-name=once'), / 0\/1 +Completed /);
  });

  test('a container that fails is started again, and --previous has its log', async () => {
    await eventually(
      'it was started again',
      async () => Number(await says('get pod crash -o jsonpath={.status.containerStatuses[0].restartCount}')) > 0,
    );
    assert.match(await says('logs crash --previous'), /^run \d+\n$/);
  });

  test('users, rights and impersonation', async () => {
    assert.match(await says('auth whoami'), /Username +sandbox-admin\nGroups +\[system:masters system:authenticated\]/);
    assert.match(
      await says('auth whoami --context sandbox-bob'),
      /bob\nUID +bobs-uid\nGroups +\[devs system:authenticated\]/,
    );
    assert.equal(await says('auth can-i create pods/exec'), 'yes\n');
    assert.equal((await k('auth can-i create pods/exec --context sandbox-bob')).stdout, 'no\n');
    assert.match(await says('auth can-i --list --context sandbox-bob'), /pods\/exec +\[\] +\[\] +\[get list\]/);
    const missing = 'cannot create resource "pods/exec" in API group "" in the namespace "default"';
    await refuses(
      'exec two -c app --context sandbox-bob -- true',
      `Error from server (Forbidden): pods "two" is forbidden: User "bob" ${missing}`,
    );
    await refuses(
      'get ns --as eve',
      'Error from server (Forbidden): namespaces is forbidden: User "eve" cannot list resource "namespaces" in API group "" at the cluster scope',
    );
    await refuses(
      'get pods --as eve --context sandbox-bob',
      'Error from server (Forbidden): users "eve" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    assert.match(await says('get ns --as eve --as-group system:masters'), /default/);
  });

  test('what is wrong is said in the words of a real cluster', async () => {
    await refuses('get pod nope', 'Error from server (NotFound): pods "nope" not found');
    await refuses('exec nope -- true', 'Error from server (NotFound): pods "nope" not found');
    await refuses(
      'exec two -c nope -- true',
      'Error from server (BadRequest): container nope is not valid for pod two',
    );
    const { code, stderr } = await k('exec two -c app -- nosuchprogram');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^error: Internal error occurred: .*exec: "nosuchprogram": executable file not found in \$PATH/,
    );
  });
});
