import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import type { Ended } from '../support/program.ts';
import { kxExec, ownNamespace, podManifest } from './support.ts';

const folder = temporaryFolder();
const namespace = await ownNamespace(
  'mistakes',
  podManifest('crashing', 'kx-busybox', { ready: false, spec: '    command: ["false"]\n' }),
  podManifest('unpulled', 'kx-busybox', { ready: false }).replace(':local', ':missing\n    imagePullPolicy: Never'),
  podManifest('pending', 'kx-busybox', { ready: false, spec: '    resources: {requests: {cpu: "1000"}}\n' }),
  podManifest('front', 'kx-busybox'),
);

// The kubelet says so only when it has tried.
await eventually('the kubelet refuses the image', async () => {
  const { stderr } = await kxExec(['unpulled', '-n', namespace, '--', 'true']);
  return stderr.includes('ErrImageNeverPull');
});

/** One line of error with a code, perhaps a hint, nothing on stdout, exit 125. */
function assertRefused({ code, stdout, stderr }: Ended, line: RegExp, hint?: RegExp): void {
  assert.deepEqual([code, stdout.toString()], [125, ''], stderr);
  const [error = '', ...more] = stderr.trimEnd().split('\n');
  assert.match(error, line);
  assert.match(error, /^error: .* \[KX_\w+\]$/);
  assert.ok(more.length <= 1 && more.every((other) => other.startsWith('hint: ')), stderr);
  if (hint !== undefined) assert.match(more[0] ?? '', hint);
}

suite('what cannot be had is said in one line', { concurrency: 2 }, () => {
  const cases: readonly (readonly [what: string, words: string, line: RegExp, hint?: RegExp])[] = [
    ['a pod that is missing', 'frnt -n NS -- true', /pod "frnt" not found in namespace/, /did you mean front\?/],
    ['a pod of another namespace', 'one -n NS -- true', /pod "one" not found in namespace "kx-mistakes/],
    ['a completed pod', 'completed -- true', /completed pod; current phase is Succeeded/],
    ['a wrong container', 'two -c nope -- true', /container nope is not valid for pod two out of: a, b/],
    ['a container that has ended', 'two -c first -- true', /"first" of pod "two" is not running: it has ended/],
    ['a container that cannot start', 'unpulled -n NS -- true', /is not running: it is waiting \(ErrImageNeverPull\)/],
    ['a pod without a node', 'pending -n NS -- true', /pending.*(not running|not assigned|no node|host)/i],
    ['a workload that is missing', 'deploy/wep -- true', /deployment "wep" not found/, /did you mean web\?/],
    ['a kind that is none', 'foo/bar -- true', /"foo" is not a kind/, /pod, deployment/],
    ['a kind that has no pods', 'configmap/kube-root-ca.crt -- true', /not a kind/],
    ['no command', 'one', /you must specify at least one command/, /behind `--`/],
    ['no pod', '-- true', /pod, type\/name or --filename must be specified/],
    ['an unknown flag', '--stdn one -- true', /unknown flag: --stdn/, /did you mean --stdin\?/],
    ['a context that is missing', '--context nope one -- true', /there is no context "nope"/, /contexts there: .*kx/],
    ['a kubeconfig that is missing', '--kubeconfig /no/such one -- true', /cannot read kubeconfig \/no\/such/],
    ['a kubeconfig that is none', '--kubeconfig /etc/passwd one -- true', /not a mapping/],
    ['a server that is not there', '-s https://127.0.0.1:1 one -- true', /127\.0\.0\.1:1: connection refused/],
    ['a server nobody knows', '-s https://kx.invalid one -- true', /unknown host/],
    ['a server of another name', '--tls-server-name nope one -- true', /certificate of the server is for another name/],
    ['a token nobody knows', '--user get-only --token no-such-token one -- true', /does not accept the credentials/],
    ['a file that is missing', '-f /no/such.yaml -- true', /cannot read \/no\/such\.yaml/],
  ];
  for (const [what, words, line, hint] of cases) {
    test(what, async () => {
      const ended = await kxExec(words.replaceAll('NS', namespace).split(' '));
      assertRefused(ended, line, hint);
      assert.ok(!ended.stderr.includes('no-such-token'));
    });
  }

  test('a container that crashes again and again', async () => {
    const refused = /is not running: it (is waiting \(CrashLoopBackOff|has ended \(exit code 1)/;
    // Between two starts the pod says for a moment that it runs.
    await eventually('the pod says that it crashes', async () => {
      const ended = await kxExec(['crashing', '-n', namespace, '--', 'true']);
      assertRefused(ended, /not running|container not found/);
      return refused.test(ended.stderr);
    });
  });
});

suite('certificates that do not fit are said in one line', { skip: foreignCluster }, () => {
  const authority = join(dirname(clusterKubeconfig()), 'run', 'pki', 'ca');
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });

  test('a client certificate that has expired', { skip: !existsSync(`${authority}.key`) }, async () => {
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'old.key');
    openssl('req', '-new', '-key', 'old.key', '-subj', '/O=system:masters/CN=old', '-out', 'old.csr');
    const dates = ['-not_before', '20200101000000Z', '-not_after', '20200201000000Z'];
    const by = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial', '-CAserial', 'serial'];
    try {
      openssl('x509', '-req', '-in', 'old.csr', ...by, ...dates, '-out', 'old.crt');
    } catch {
      // openssl before 3.4 can only count days forward, but takes a negative number.
      openssl('x509', '-req', '-in', 'old.csr', ...by, '-days', '-1', '-out', 'old.crt');
    }
    const flags = ['--client-certificate', join(folder, 'old.crt'), '--client-key', join(folder, 'old.key')];
    assertRefused(await kxExec([...flags, 'one', '--', 'true']), /expired|Unauthorized/, /expired/);
  });

  test('an authority that has not signed the server', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=other',
      '-keyout',
      'other.key',
      '-out',
      'other.crt',
    );
    assertRefused(
      await kxExec(['--certificate-authority', join(folder, 'other.crt'), 'one', '--', 'true']),
      /certificate of the server .*(authority|signed|trusted)/,
    );
  });

  test('a broken kubeconfig', async () => {
    const broken = join(folder, 'broken');
    await writeFile(broken, `${await readFile(clusterKubeconfig(), 'utf8')}\n  - [}\n`);
    assertRefused(await kxExec(['--kubeconfig', broken, 'one', '--', 'true']), /kubeconfig .*broken/);
  });
});
