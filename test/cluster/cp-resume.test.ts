import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { clusterKubeconfig } from '../support/cluster.ts';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { inPod, kubectl, kxCp, ownNamespace, podManifest, sha256OfFile, startKxCp } from './support.ts';

const { server } = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx' }, { env: {}, log: () => {} });
const { hostname, port, pathname } = new URL(server);
const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
const through = ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
const image = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`;

const folder = temporaryFolder();
const bare = podManifest('bare', 'kx-distroless', {
  spec: `    securityContext: {runAsUser: 65532, runAsGroup: 65532}
    volumeMounts: [{name: data, mountPath: /data}]
  - name: witness
    image: ${image}
    securityContext: {runAsUser: 65532, runAsGroup: 65532}
    volumeMounts: [{name: data, mountPath: /data}]
`,
});
const namespace = await ownNamespace(
  'cpresume',
  podManifest('box', 'kx-busybox'),
  podManifest('gnu', 'kx-debian'),
  `${bare}  volumes: [{name: data, emptyDir: {}}]\n`,
);

const size = 24 << 20;
const large = join(folder, 'large');
writeFileSync(large, randomBytes(size));
const sum = await sha256OfFile(large);

/** Where each pod keeps its files, and which of its containers can be asked. */
const pods = [
  { name: 'box', asked: 'box', home: '/tmp' },
  { name: 'gnu', asked: 'gnu', home: '/tmp' },
  { name: 'bare', asked: 'bare -c witness', home: '/data' },
];

const sumIn = async (asked: string, path: string): Promise<string> =>
  (await inPod(`${asked} -n ${namespace}`, `sha256sum <'${path}'`)).slice(0, 64);
const words = (more: readonly string[]): string[] => [...through, '-c', 'main', '--helper-image', image, ...more];

async function copyCut(bytes: number, ...more: string[]): Promise<string> {
  proxy.cutAfter(bytes);
  const { code, stderr } = await kxCp(words(['--retries', '0', ...more]), { timeout: 120_000 });
  proxy.cutAfter(Infinity);
  assert.equal(code, 125, stderr);
  assert.match(stderr, /\[KX_CONNECTION_LOST\]\nhint: .*arrived; the same command with --resume goes on\n$/);
  return stderr;
}

/** Goes on, and gives how many bytes of files were copied, and how many bytes passed in all. */
async function resume(...more: string[]): Promise<{ readonly copied: number; readonly passed: number }> {
  const former = proxy.carried;
  const { code, stderr } = await kxCp(words(['--progress', 'plain', '--resume', ...more]), { timeout: 120_000 });
  assert.equal(code, 0, stderr);
  const [, amount = '', unit = ''] = /copied \d+ files?, ([\d.]+) (B|KiB|MiB) in .*\n$/.exec(stderr) ?? [];
  const copied = Number(amount) * ({ B: 1, KiB: 1024, MiB: 1 << 20 }[unit] ?? NaN);
  return { copied, passed: proxy.carried - former };
}
/** What an earlier command brought is not copied again, give or take what the number is rounded by. */
function assertWentOn(copied: number, least: number): void {
  assert.ok(copied <= size - least + 200_000, `${copied} bytes were copied`);
}

for (const { name, asked, home } of pods) {
  suite(`kx cp --resume with the pod ${name}`, () => {
    const there = `${namespace}/${name}:${home}`;

    test('goes on inside a large file, up and down', async () => {
      // The helper is added, and said, once.
      await kxCp(words([large, `${there}/first`]), { timeout: 120_000 });
      await copyCut(size / 2, large, `${there}/up`);
      assert.match(await inPod(`${asked} -n ${namespace}`, `ls -A ${home}`), /^\.up\.kx-part-[0-9a-f]{8}-1$/m);
      const up = await resume(large, `${there}/up`);
      assertWentOn(up.copied, 2 << 20);
      assert.equal(await sumIn(asked, `${home}/up`), sum);
      assert.doesNotMatch(await inPod(`${asked} -n ${namespace}`, `ls -A ${home}`), /kx-part/);

      const here = join(folder, `down-${name}`);
      await copyCut(size / 2, `${there}/up`, here);
      const kept = statSync(join(folder, `.down-${name}.kx-part`)).size;
      assert.ok(kept >= 1 << 20, `${kept} bytes are kept`);
      const down = await resume(`${there}/up`, here);
      assertWentOn(down.copied, kept);
      assert.equal(await sha256OfFile(here), sum);
      assert.ok(!readdirSync(folder).some((each) => each.includes('.kx-')));
    });

    test('goes on after kx was killed in the middle, up and down', async () => {
      const former = proxy.carried;
      proxy.freezeAfter(size / 2);
      const up = startKxCp(words([large, `${there}/killed`]), { timeout: 120_000 });
      await eventually('half of it went', () => proxy.carried >= former + size / 2 - 1);
      up.child.kill('SIGKILL');
      await up.ended;
      proxy.cut();
      proxy.thaw();
      const rest = await resume(large, `${there}/killed`);
      assertWentOn(rest.copied, 1 << 20);
      assert.equal(await sumIn(asked, `${home}/killed`), sum);

      const here = join(folder, `killed-${name}`);
      const begun = proxy.carried;
      proxy.freezeAfter(size / 2);
      const down = startKxCp(words([`${there}/killed`, here]), { timeout: 120_000 });
      await eventually('half of it came', () => proxy.carried >= begun + size / 2 - 1);
      down.child.kill('SIGKILL');
      await down.ended;
      proxy.cut();
      proxy.thaw();
      const staged = readdirSync(folder).find((each) => each.startsWith(`.killed-${name}.kx-`)) ?? '';
      const { size: came } = statSync(join(folder, staged));
      const missing = await resume(`${there}/killed`, here);
      assertWentOn(missing.copied, came);
      assert.equal(await sha256OfFile(here), sum);
    });

    test('receives nothing of the files that are there', async () => {
      const tree = join(folder, `tree-${name}`);
      mkdirSync(tree);
      for (let i = 0; i < 600; i++) writeFileSync(join(tree, `f${i}`), randomBytes(8000));
      assert.equal((await kxCp(words([tree, `${there}/tree`]), { timeout: 120_000 })).code, 0);
      const whole = await resume(`${there}/tree/.`, join(folder, `back-${name}`));
      const names = readdirSync(join(folder, `back-${name}`));
      assert.equal(names.length, 600);
      for (const each of names.slice(0, 300)) rmSync(join(folder, `back-${name}`, each));
      const half = await resume(`${there}/tree/.`, join(folder, `back-${name}`));
      assert.ok(half.passed < whole.passed * 0.65, `${half.passed} of ${whole.passed} bytes passed`);
      for (const each of names) {
        const back = await sha256OfFile(join(folder, `back-${name}`, each));
        assert.equal(back, await sha256OfFile(join(tree, each)), each);
      }
    });
  });
}

suite('kx cp --resume', () => {
  test('goes on from pod to pod', async () => {
    const [from, to] = [`${namespace}/gnu:/tmp/up`, `${namespace}/box:/tmp/across`];
    await copyCut(size * 1.6, from, to);
    const { copied } = await resume(from, to);
    assertWentOn(copied, 1 << 20);
    assert.equal(await sumIn('box', '/tmp/across'), sum);
  });

  test('finds again the directory that the command made', async () => {
    const here = join(folder, 'made');
    await inPod(`gnu -n ${namespace}`, 'mkdir -p /tmp/made/sub && cp /tmp/up /tmp/made/sub/ && echo a >/tmp/made/a');
    await copyCut(size / 2, `${namespace}/gnu:/tmp/made`, here);
    await resume(`${namespace}/gnu:/tmp/made`, here);
    assert.deepEqual(readdirSync(here).sort(), ['a', 'sub']);
    assert.equal(await sha256OfFile(join(here, 'sub/up')), sum);
  });

  test('through a helper, errors name the paths that were typed', async () => {
    const missing = await kxCp(words([large, `${namespace}/bare:/data/no/file`]));
    assert.match(missing.stderr, /there is no directory .*bare:\/data\/no \[KX_COPY_DESTINATION\]\n$/);
    const over = await kxCp(words([folder, `${namespace}/bare:/data/up`]));
    assert.match(over.stderr, /cannot overwrite \/data\/up, which is not a directory/);
    await kubectl(
      'exec',
      '-n',
      namespace,
      'bare',
      '-c',
      'witness',
      '--',
      'sh',
      '-c',
      'mkdir /data/shut; chmod 500 /data/shut',
    );
    const shut = await kxCp(words([large, `${namespace}/bare:/data/shut/file`]));
    assert.equal(shut.code, 125);
    for (const { stderr } of [missing, over, shut]) assert.doesNotMatch(stderr, /proc/);
  });
});
