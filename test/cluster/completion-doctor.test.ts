import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { before, suite, test } from 'node:test';
import { clusterKubeconfig, clusterNamespace, foreignCluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { kxBinary, run, runKx } from '../support/program.ts';
import { examine } from './doctor-support.ts';
import { kubectl, ownNamespace, runKubectl } from './support.ts';

const folder = temporaryFolder();

suite('completion on a real cluster', () => {
  let env: Readonly<Record<string, string>>;
  before(async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await symlink(kxBinary(), join(bin, 'kubectl-kx'));
    await symlink('kubectl-kx', join(bin, 'kubectl_complete-kx'));
    env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  });

  const own = join(dirname(clusterKubeconfig()), 'bin', 'kubectl');
  const program = existsSync(own) ? own : 'kubectl';

  /** What kubectl's own completion says for a line that ends in a TAB. */
  const complete = async (line: string) => {
    const { code, stdout } = await run(program, ['__complete', 'kx', ...line.split(' ')], { env });
    assert.equal(code, 0);
    const lines = stdout.toString().trimEnd().split('\n');
    return { names: lines.slice(0, -1).map((each) => each.replace(/\t.*/, '')), directive: lines.at(-1) };
  };
  const options = `--kubeconfig ${clusterKubeconfig()} --context kx`;
  const cases: readonly (readonly [line: string, names: readonly string[], directive: string])[] = [
    ['exec debia', ['debian'], ':4'],
    ['exec deploy/', ['deploy/web'], ':4'],
    ['exec two -c ', ['a', 'b', 'debugger', 'first'], ':4'],
    ['exec ds/ds -c ', ['main', 'sidecar'], ':4'],
    ['exec svc/web -c ', ['main'], ':4'],
    ['exec cronjob/cron -c ', ['main'], ':4'],
    ['exec one -- cat /etc/passw', ['/etc/passwd'], ':4'],
    [
      'cp debian:/usr/bin/base',
      ['debian:/usr/bin/base32', 'debian:/usr/bin/base64', 'debian:/usr/bin/basename', 'debian:/usr/bin/basenc'],
      ':4',
    ],
    ['cp deploy/web:/et', ['deploy/web:/etc/'], ':6'],
    ['cp distroless:/', [], ':4'],
    ['exec -n kube-sys', ['kube-system'], ':4'],
  ];
  for (const [line, names, directive] of cases) {
    test(`kubectl offers for "kubectl kx ${line}" what there is`, async () => {
      const [command = '', ...rest] = line.split(' ');
      const answer = await complete(`${command} ${options} ${rest.join(' ')}`);
      assert.deepEqual(answer.names.toSorted(), [...names]);
      assert.equal(answer.directive, directive);
    });
  }

  test('a user without rights is offered nothing, and sees nothing', async () => {
    const { stdout, stderr, code } = await runKx(['__complete', 'exec', '--context', 'kx-none', 'o'], {
      env: { KUBECONFIG: clusterKubeconfig() },
    });
    assert.deepEqual([stdout.toString(), stderr, code], [':4\n', '', 0]);
  });
});

suite('the doctor on a real cluster', () => {
  test('finds a healthy pod healthy', async () => {
    const { report, find } = await examine(['--context', 'kx', 'two', '-c', 'b']);
    assert.equal(report.ok, true);
    assert.deepEqual([find('image').details['tar'], find('image').details['uid']], ['gnu', 0]);
    assert.deepEqual(find('transport.apiserver').details['subprotocols'], [
      'v4.channel.k8s.io',
      'v5.channel.k8s.io',
      'SPDY/3.1',
    ]);
    assert.match(String(find('server').details['version']), /^v1\.\d+/);
  });

  test('knows the older node behind the older apiserver by its subprotocols', { skip: foreignCluster }, async () => {
    const { find } = await examine(['--context', 'kx-old', 'one-oldnode']);
    assert.deepEqual(find('transport.apiserver').details['subprotocols'], ['v4.channel.k8s.io', 'SPDY/3.1']);
  });

  test('believes what it ran more than a review', { skip: foreignCluster }, async () => {
    assert.deepEqual((await examine(['--context', 'kx-get-only', 'one', '--command', 'exec'])).failing, [
      'transport.apiserver',
      'rights.exec',
    ]);
    assert.equal((await examine(['--context', 'kx-old-get-only', 'one', '--command', 'exec'])).report.ok, true);
  });

  test('prints rules that make what was missing work, when an administrator applies them', async () => {
    const namespace = await ownNamespace('doctor');
    await kubectl('create', 'serviceaccount', '-n', namespace, 'ann');
    const token = (await kubectl('create', 'token', '-n', namespace, 'ann')).trim();
    // The administrator's certificate would win over the token.
    const words = ['--context', 'kx-none', '-n', namespace, '--token', token, '--command', 'exec', '--command', 'logs'];
    const before = await examine(words);
    assert.deepEqual(before.failing, ['rights.exec', 'rights.logs']);
    assert.equal(before.find('identity').details['user'], `system:serviceaccount:${namespace}:ann`);
    const applied = await runKubectl(['apply', '-f', '-'], { stdin: before.report.rules ?? '' });
    assert.equal(applied.code, 0, applied.stderr);
    assert.deepEqual((await examine(words)).failing, []);
    const again = await runKubectl(['apply', '-f', '-'], { stdin: before.report.rules ?? '' });
    assert.match(again.stdout.toString(), /unchanged\n.*unchanged\n$/);
  });

  test('finds the helper container that a copy left', { skip: foreignCluster }, async () => {
    const list = async () =>
      (await examine(['--context', 'kx', '-n', clusterNamespace])).find('leftovers').details['found'] as {
        pod: string;
      }[];
    const { spec } = JSON.parse(await kubectl('get', 'pods', 'distroless', '-o', 'json')) as {
      spec: { ephemeralContainers?: { name: string }[] };
    };
    const helpers = (spec.ephemeralContainers ?? []).filter(({ name }) => name.startsWith('kx-cp-'));
    assert.equal((await list()).filter(({ pod }) => pod === 'distroless').length, helpers.length);
  });

  test('reads the same for a person', async () => {
    const { stdout, code } = await run(kxBinary(), ['doctor', '--context', 'kx', 'one'], {
      env: { KUBECONFIG: clusterKubeconfig() },
    });
    assert.equal(code, 0);
    assert.match(stdout.toString(), /^ok {7}server {17}Kubernetes v[^]*\nWhat was asked for works/m);
  });
});
