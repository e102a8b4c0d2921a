import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { before, suite, test } from 'node:test';
import type { Check, Report } from '../support/doctor.ts';
import { checkSchema, schemaIn } from '../support/json-schema.ts';
import { runKx } from '../support/program.ts';
import { sandboxFixtures, startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';
import manifest from '../../oclif.manifest.json' with { type: 'json' };
import { needs } from '../../src/commands/doctor/rights-table.ts';
import { endAfterwards } from '../support/ending.ts';

const schema = schemaIn(readFileSync(resolve(import.meta.dirname, '../../docs/doctor.md'), 'utf8'));

const moreFixtures = `
---
apiVersion: v1
kind: Pod
metadata: { name: helper, namespace: kube-system, labels: { kx.dev/node-pod: 'true' } }
spec: { nodeName: node-1, containers: [{ name: kx, image: test/main:1 }] }
---
# May exec, and not see pods.
apiVersion: kx.dev/v1
kind: SandboxUser
metadata: { name: runner }
spec: { token: runner-token, rules: [{ verbs: [get, create], resources: [pods/exec] }] }
---
# May do in one namespace whatever privileged-exec needs.
apiVersion: kx.dev/v1
kind: SandboxUser
metadata: { name: builder }
spec: { token: builder-token, rules: [{ namespaces: [default], verbs: ['*'], resources: [pods, pods/exec] }] }
`;

suite('kx doctor', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess(readFileSync(sandboxFixtures, 'utf8') + moreFixtures);
  });

  /** The report as JSON, which must fit its schema, the text and the exit code. */
  const examine = async (words: readonly string[], env: Readonly<Record<string, string | undefined>> = sandbox.env) => {
    const { code, stdout, stderr } = await runKx(['doctor', '-o', 'json', ...words], { env });
    assert.equal(stderr, '');
    const report = JSON.parse(stdout.toString()) as Report;
    checkSchema(schema, report);
    assert.equal(code, report.ok ? 0 : 1);
    const ids = report.checks.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    const find = (id: string): Check => report.checks.find((check) => check.id === id) ?? assert.fail(`no ${id}`);
    const failing = report.checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
    return { report, find, failing };
  };

  test('of somebody who may everything finds nothing wrong, with the facts of the pod', async () => {
    const { report, find } = await examine(['two', '-c', 'b']);
    assert.deepEqual([report.ok, report.rules], [true, null]);
    assert.deepEqual(find('target').details, { namespace: 'default', pod: 'two', container: 'b' });
    assert.deepEqual(find('transport.apiserver').details['subprotocols'], [
      'v4.channel.k8s.io',
      'v5.channel.k8s.io',
      'SPDY/3.1',
    ]);
    assert.equal(find('image').details['sh'], true);
    assert.ok(Number(find('throughput').details['upBytesPerSecond']) > 0);
    assert.equal(find('idle').status, 'skipped');
    for (const command of Object.keys(needs)) assert.equal(find(`rights.${command}`).status, 'ok', command);
  });

  test('without a pod runs nothing, and says so', async () => {
    const { report, find } = await examine([]);
    assert.equal(report.ok, true);
    assert.deepEqual(
      [find('transport.apiserver').status, find('kubeconfig').details['context']],
      ['skipped', 'sandbox'],
    );
  });

  test('knows a pod where there is no v5', async () => {
    assert.deepEqual((await examine(['old'])).find('transport.apiserver').details['subprotocols'], [
      'v4.channel.k8s.io',
    ]);
  });

  test('lists what kx has left', async () => {
    const { status, details } = (await examine([])).find('leftovers');
    const pod = { kind: 'pod', namespace: 'kube-system', pod: 'helper', container: null, running: true };
    assert.deepEqual([status, details], ['warning', { namespaces: 'all', found: [pod] }]);
  });

  test('holds a session silent when asked to', async () => {
    const { details } = (await examine(['one', '--idle', '1s'])).find('idle');
    assert.deepEqual(details, { seconds: 1, closed: false });
  });

  test('without a kubeconfig says so, and looks no further', async () => {
    const { report, failing } = await examine([], { KUBECONFIG: undefined, HOME: '/no/home' });
    assert.deepEqual([failing, report.checks.length], [['kubeconfig'], 1]);
    assert.equal(report.checks[0]?.details['code'], 'KX_CONFIG');
  });

  test('with a token that has expired says when, before anybody is asked', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_600_000_000 })).toString('base64url');
    const { report, failing, find } = await examine(['--token', `e30.${claims}.x`]);
    assert.deepEqual([failing, report.checks.length], [['credentials'], 3]);
    assert.equal(find('credentials').details['expires'], '2020-09-13T12:26:40.000Z');
    assert.match(find('credentials').hint ?? '', /log in again/);
  });

  test('with a token that nobody knows says that the server does not accept it', async () => {
    const { failing, find } = await examine(['--context', 'sandbox-viewer', '--token', 'wrong']);
    assert.deepEqual([failing, find('identity').details['code']], [['identity'], 'KX_UNAUTHENTICATED']);
  });

  test('with a server that is not there names the server', async () => {
    const { failing, find } = await examine(['--server', 'https://127.0.0.1:1']);
    assert.deepEqual(failing, ['server']);
    assert.match(find('server').message, /127\.0\.0\.1:1: connection refused/);
  });

  test('behind a proxy that refuses names the proxy', async () => {
    const proxy = createServer().on('connect', (_request, socket) => {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    endAfterwards(() => proxy.close());
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const url = `http://ann:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const kubeconfig = join(sandbox.folder, 'behind-a-proxy');
    const text = readFileSync(sandbox.kubeconfig, 'utf8');
    writeFileSync(kubeconfig, text.replaceAll(/^(\s*)server:/gm, `$1proxy-url: ${url}\n$1server:`));
    const { failing, find } = await examine(['--kubeconfig', kubeconfig]);
    assert.deepEqual([failing, find('proxy').details['from']], [['server'], 'proxy-url']);
    assert.match(find('server').message, /^the proxy 127\.0\.0\.1:\d+ refuses a tunnel to \S+: 407/);
    assert.equal(JSON.stringify(find('proxy')).includes('secret'), false);
  });

  test('of somebody without rights names each, and prints the rules', async () => {
    const { failing, report, find } = await examine(['--context', 'sandbox-viewer', 'one']);
    assert.deepEqual(failing, ['transport.apiserver', 'rights.exec', 'rights.cp', 'rights.logs', 'rights.fanout-exec']);
    assert.equal(find('rights.privileged-exec').status, 'warning');
    assert.match(find('rights.exec').message, /^you may not get (and create )?pods\/exec in namespace default$/);
    const rules = report.rules ?? '';
    assert.match(rules, /^kind: Role\nmetadata: \{ name: kx-exec-cp-logs-fanout-exec-viewer, namespace: default \}$/m);
    assert.match(rules, /^ {2}- \{ apiGroups: \[""\], resources: \[pods\/log\], verbs: \[get\] \}$/m);
    assert.match(rules, /^subjects: \[\{ kind: User, apiGroup: rbac.authorization.k8s.io, name: "viewer" \}\]$/m);
  });

  test('fails only for what was asked', async () => {
    const runner = await examine(['--context', 'sandbox-runner', 'one', '--command', 'exec']);
    assert.equal(runner.report.ok, true);
    assert.match(runner.find('rights.exec').message, /everything but .*TYPE\/NAME/);
    assert.equal(runner.find('leftovers').status, 'skipped');
    const both = await examine(['--context', 'sandbox-runner', 'one', '--command', 'exec', '--command', 'logs']);
    assert.deepEqual(both.failing, ['rights.logs']);
    const privileged = await examine(['--context', 'sandbox-runner', '--command', 'privileged-exec']);
    assert.deepEqual(privileged.failing, ['rights.privileged-exec']);
    const rules = privileged.report.rules ?? '';
    assert.match(rules, /^# for node\/NAME, [^]*^# kind: ClusterRoleBinding$/m);
    assert.doesNotMatch(rules, /^kind: ClusterRole/m);
  });

  test('asks for the rights of helper pods where they are to be made', async () => {
    const asked = ['--command', 'privileged-exec', '--helper-namespace', 'kube-system'];
    const admin = await examine(asked);
    assert.match(admin.find('rights.privileged-exec').message, /namespace default and helper pods in kube-system$/);
    const { failing, find, report } = await examine(['--context', 'sandbox-builder', ...asked]);
    assert.deepEqual(failing, ['rights.privileged-exec']);
    const { message, details } = find('rights.privileged-exec');
    assert.match(
      message,
      /^you may not get and create and delete pods; get (and create )?pods\/exec in namespace kube-system$/,
    );
    const missing = details['missing'] as { verb: string; namespace: string | null; needed: boolean }[];
    assert.ok(missing.some(({ verb, namespace }) => verb === 'delete' && namespace === 'kube-system'));
    assert.ok(missing.some(({ namespace, needed }) => namespace === null && !needed));
    assert.match(report.rules ?? '', /^metadata: \{ name: kx-privileged-exec-builder, namespace: kube-system \}$/m);
    assert.deepEqual((await examine(['--context', 'sandbox-builder', '--command', 'privileged-exec'])).failing, []);
  });

  test('takes only what can be a namespace for helper pods', async () => {
    const { code, stderr } = await runKx(['doctor', '--helper-namespace', 'A B'], sandbox);
    assert.equal(code, 125);
    assert.match(stderr, /^error: "A B" cannot be the name of a namespace \[KX_USAGE\]/);
  });

  test('knows that cp needs a helper container where the image has no shell', async () => {
    const admin = await examine(['scratch']);
    assert.deepEqual([admin.report.ok, admin.find('image').status], [true, 'warning']);
    const runner = await examine(['--context', 'sandbox-runner', 'scratch', '--command', 'cp']);
    assert.deepEqual(runner.failing, ['rights.cp']);
    assert.match(runner.find('rights.cp').message, /patch pods\/ephemeralcontainers/);
  });

  test('of a pod that does not exist says that', async () => {
    const { failing, find } = await examine(['nosuch']);
    assert.deepEqual([failing, find('target').details['code']], [['target'], 'KX_TARGET_NOT_FOUND']);
  });

  test('of a way that is cut says that', async () => {
    assert.deepEqual((await examine(['cut-early'])).failing, ['image', 'throughput']);
    assert.deepEqual((await examine(['refused'])).failing, ['transport.apiserver']);
    assert.deepEqual((await examine(['no-status'])).failing, ['transport.apiserver']);
  });

  test('as text has a line for each check, the rules and a verdict', async () => {
    const { code, stdout, stderr } = await runKx(
      ['doctor', '--context', 'sandbox-runner', '--command', 'logs'],
      sandbox,
    );
    assert.deepEqual([code, stderr], [1, '']);
    const text = stdout.toString();
    assert.match(text, /^ok {7}kubeconfig {13}\S/m);
    assert.match(text, /^FAILED {3}rights\.logs {12}you may not get pods, pods\/log in namespace default$/m);
    assert.match(text, /^To be applied by somebody who may grant rights:\n\napiVersion: /m);
    assert.match(text, /\nNot everything that was asked for works: 1 failed\.\n$/);
  });

  test('of something that cannot be a pod says so before it looks', async () => {
    const { code, stdout, stderr } = await runKx(['doctor', 'nosuchkind/x'], sandbox);
    assert.deepEqual([code, stdout.toString()], [125, '']);
    assert.match(stderr, /"nosuchkind" is not a kind/);
  });

  test('takes --idle only with a pod', async () => {
    const { code, stderr } = await runKx(['doctor', '--idle', '1s'], sandbox);
    assert.deepEqual([code, stderr], [125, 'error: --idle needs a POD to hold a session with [KX_USAGE]\n']);
  });
});

test('the doctor knows the rights of every command that connects', () => {
  const connecting = Object.entries(manifest.commands).filter(([, { flags }]) => 'namespace' in flags);
  const own = ['doctor', 'version'];
  const names = connecting.map(([name]) => name).filter((name) => !own.includes(name));
  assert.deepEqual(
    names.filter((name) => !(name in needs)),
    [],
  );
});
