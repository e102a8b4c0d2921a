import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { explainDenial } from '../../../src/lib/node-pod/create.ts';
import { makeNodePod } from '../../../src/lib/node-pod/index.ts';
import { folderOfFiles, lease, watchdog } from '../../../src/lib/node-pod/scripts.ts';
import { eventually } from '../../support/eventually.ts';

const spec = {
  namespace: 'ns',
  node: 'n1',
  image: 'busybox',
  readOnly: true,
  pullSecrets: ['s'],
  resources: {},
  labels: { team: 'a' },
  annotations: {},
  user: 'system:serviceaccount:a:b',
  purpose: 'ns/web/app',
  lifetime: 3_600_000,
  keep: false,
  files: { enter: 'echo $$ $(date)' },
};

suite('the pod', () => {
  const pod = makeNodePod(spec, Date.parse('2026-01-02T03:04:05Z'));

  test('is for one node, privileged, without a token, with an end', () => {
    const { containers, ...rest } = pod.spec ?? assert.fail();
    assert.deepEqual(rest.tolerations, [{ operator: 'Exists' }]);
    assert.deepEqual(
      [rest.nodeName, rest.hostPID, rest.restartPolicy, rest.automountServiceAccountToken, rest.activeDeadlineSeconds],
      ['n1', true, 'Never', false, 3600],
    );
    const [container = assert.fail()] = containers;
    assert.equal(container.securityContext?.privileged, true);
    assert.equal(container.securityContext.readOnlyRootFilesystem, true);
    assert.equal(container.resources, undefined);
  });

  test('says whose it is, in what labels can hold and in full', () => {
    const { labels = {}, annotations = {} } = pod.metadata ?? {};
    assert.equal(labels['team'], 'a');
    assert.equal(labels['kx.dev/user'], 'system_serviceaccount_a_b');
    assert.equal(labels['kx.dev/target'], 'ns_web_app');
    assert.equal(annotations['kx.dev/user'], 'system:serviceaccount:a:b');
    assert.equal(annotations['kx.dev/deadline'], '2026-01-02T04:04:05.000Z');
    for (const value of Object.values(labels)) assert.match(value, /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
  });

  test('has its scripts in words that Kubernetes leaves as they are', () => {
    const { args = [], command = [] } = pod.spec?.containers[0] ?? assert.fail();
    assert.deepEqual(args, ['enter', 'echo $$$$ $$(date)']);
    assert.ok(command[2]?.includes('echo $$$$ >$$kx/new'));
  });
});

const shells = [['dash'], ['bash'], ['busybox', 'sh']].filter(
  ([name = '']) => spawnSync(name, ['--help']).error === undefined,
);

for (const [name = '', ...words] of shells) {
  suite(`the watchdog in ${name}`, { concurrency: true }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'kx-test-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const start = (kx: string, deadline: number, idle: number) => {
      const script = watchdog.replaceAll(folderOfFiles, join(folder, kx));
      return spawn(name, [...words, '-c', script, 'kx', String(deadline), String(idle), 'enter', 'a\n$b\n']);
    };
    const ready = (kx: string): Promise<boolean> =>
      eventually('it is ready', () => existsSync(join(folder, kx, 'main')));

    test('writes the files, lets SIGTERM pass, and ends when a lease says so', async () => {
      const child = start('a', 1000, 60);
      await ready('a');
      assert.equal(readFileSync(join(folder, 'a/enter'), 'utf8'), 'a\n$b\n');
      child.kill('SIGTERM');
      const end = spawn(name, [...words, '-c', lease.replaceAll(folderOfFiles, join(folder, 'a'))]);
      const [said] = (await once(end.stdout, 'data')) as [Buffer];
      assert.equal(said.toString(), 'ready\n');
      end.stdin.write('beat\n');
      await eventually('the beat arrives', () => existsSync(join(folder, 'a/beat')));
      assert.equal(child.exitCode, null);
      end.stdin.write('over\n');
      const [code] = (await once(child, 'exit')) as [number];
      assert.equal(code, 0);
    });

    test('ends when nothing is heard for its time, and not before', async () => {
      const child = start('b', 1000, 10);
      await ready('b');
      writeFileSync(join(folder, 'b/beat'), '1\n');
      const began = performance.now();
      const [code] = (await once(child, 'exit')) as [number];
      assert.equal(code, 0);
      assert.ok(performance.now() - began >= 9000);
    });

    test('ends at its deadline, whatever is heard', async () => {
      const child = start('c', 10, 0);
      await ready('c');
      const [code] = (await once(child, 'exit')) as [number];
      assert.equal(code, 0);
    });
  });
}

suite('a denial', () => {
  const denied = (message: string, status = '403'): KxError =>
    explainDenial(new KxError('KX_FORBIDDEN', message, { details: { status } }), 'ns') as KxError;

  test('by Pod Security, a quota and a policy has what to do', () => {
    const security = denied('pods "kx-1" is forbidden: violates PodSecurity "baseline:latest": host namespaces');
    assert.equal(security.code, 'KX_HELPER_POD');
    assert.match(security.hint ?? '', /--helper-namespace/);
    assert.match(denied('failed quota: q: must specify limits.cpu').hint ?? '', /--helper-resources/);
    assert.match(denied('exceeded quota: q, requested: pods=1').hint ?? '', /--helper-namespace/);
    assert.match(denied('admission webhook "x" denied the request: no').hint ?? '', /policy/);
    assert.equal(denied('admission webhook "x" denied the request: no', '400').code, 'KX_HELPER_POD');
  });

  test('by RBAC stays what it is', () => {
    const rbac = new KxError('KX_FORBIDDEN', 'User "x" cannot create resource "pods" in API group ""', {
      details: { status: '403' },
      hint: 'h',
    });
    assert.equal(explainDenial(rbac, 'ns'), rbac);
  });

  test('by a namespace that is not there', () => {
    assert.equal(denied('namespaces "ns" not found', '404').code, 'KX_TARGET_NOT_FOUND');
  });
});
