import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { listTree, startCopyBench, type CopyBench } from '../support/copies.ts';
import { eventually } from '../support/eventually.ts';
import { startKx, stateHome, type Ended } from '../support/program.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const pod = (name: string, fault = ''): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, annotations: { ${fault === '' ? '' : `sandbox.kx.dev/fault: ${fault}`} } }
spec: { nodeName: node-1, containers: [{ name: main, image: test/main:1 }] }`;

const cluster = `
apiVersion: v1
kind: Node
metadata: { name: node-1 }
${pod('one')}
${pod('two')}
${pod('short-up', 'cut-stdin-after=300KiB')}
${pod('short-down', 'cut-after=300KiB')}
`;

const size = 12_000_000;
const half = 6_000_000;
const goesOn = /hint: .* arrived; the same command with --resume goes on\n$/;

suite('kx cp --resume', () => {
  let bench: CopyBench;
  let proxy: TcpProxy;
  let behind: readonly string[];
  before(async () => {
    bench = await startCopyBench(cluster);
    const { server } = bench.sandbox;
    proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    behind = ['--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', server.hostname];
  });

  const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const sumIn = async (where: string, path: string): Promise<string> =>
    (await bench.inPod(where, `sha256sum <'${path}'`)).slice(0, 64);
  /** A file of random bytes in a pod, which was last written to long ago. */
  const fileIn = async (where: string, path: string, bytes = size): Promise<string> => {
    await bench.inPod(
      where,
      `mkdir -p "$(dirname ${path})" && head -c ${bytes} /dev/urandom >${path} && touch -d @1000000000 ${path}`,
    );
    return sumIn(where, path);
  };
  const fileHere = (path: string, bytes = size): string => {
    writeFileSync(path, randomBytes(bytes));
    return sumOf(readFileSync(path));
  };

  /** Copies over a connection that ends, for good, when so many bytes have passed. */
  async function copyCut(bytes: number, ...words: string[]): Promise<void> {
    proxy.cutAfter(bytes);
    const { code, stderr } = await bench.cp(['--retries', '0', ...behind, ...words]);
    assert.equal(code, 125, stderr);
    assert.match(stderr, /\[KX_CONNECTION_LOST\]/);
    assert.match(stderr, goesOn);
  }
  /** Goes on, and gives how many bytes of files were copied, and how many bytes passed in all. */
  async function resume(...words: string[]): Promise<{ readonly copied: number; readonly passed: number }> {
    const former = proxy.carried;
    const { code, stderr } = await bench.cp(['--progress', 'plain', '--resume', ...behind, ...words]);
    assert.equal(code, 0, stderr);
    const [, amount = '', unit = ''] = /copied \d+ files?, ([\d.]+) (B|KiB|MiB) in .*\n$/.exec(stderr) ?? [];
    const copied = Number(amount) * ({ B: 1, KiB: 1024, MiB: 1 << 20 }[unit] ?? NaN);
    return { copied, passed: proxy.carried - former };
  }
  /** What an earlier command brought is not copied again, give or take what the number is rounded by. */
  const assertWentOn = (copied: number, least: number): void =>
    assert.ok(copied <= size - least + 100_000, `${copied} bytes were copied`);

  async function kill(bytes: number, reached: () => boolean, ...words: string[]): Promise<Ended> {
    proxy.freezeAfter(bytes);
    const running = startKx(['cp', ...behind, ...words], { env: bench.sandbox.env });
    await eventually('half of it has come', reached);
    running.child.kill('SIGKILL');
    const ended = await running.ended;
    proxy.freezeAfter(Infinity);
    proxy.cut();
    proxy.thaw();
    return ended;
  }

  test('goes on inside a large file that comes down', async () => {
    const sum = await fileIn('one', '/tmp/down/big');
    const here = bench.fresh();
    await copyCut(half, 'one:/tmp/down/big', join(here, 'big'));
    assert.deepEqual(readdirSync(here), ['.big.kx-part']);
    const kept = statSync(join(here, '.big.kx-part')).size;
    assert.ok(kept > half - 1_000_000, `${kept} bytes`);
    const { copied } = await resume('one:/tmp/down/big', join(here, 'big'));
    assertWentOn(copied, kept);
    assert.deepEqual(readdirSync(here), ['big']);
    assert.equal(sumOf(readFileSync(join(here, 'big'))), sum);
    assert.deepEqual(readdirSync(join(stateHome, 'kx/cp')), []);
  });

  test('goes on inside a large file that goes up', async () => {
    const here = bench.fresh();
    const sum = fileHere(join(here, 'big'));
    await bench.inPod('one', 'mkdir -p /tmp/up');
    await copyCut(half, join(here, 'big'), 'one:/tmp/up/big');
    assert.match(await bench.inPod('one', 'ls -A /tmp/up'), /^\.big\.kx-part-[0-9a-f]{8}-1\n$/);
    const { copied } = await resume(join(here, 'big'), 'one:/tmp/up/big');
    assertWentOn(copied, 1 << 20);
    assert.equal(await bench.inPod('one', 'ls -A /tmp/up'), 'big\n');
    assert.equal(await sumIn('one', '/tmp/up/big'), sum);
  });

  test('goes on inside a large file that goes from pod to pod', async () => {
    const large = 30_000_000;
    const sum = await fileIn('one', '/tmp/across/big', large);
    // Each byte passes twice.
    await copyCut(large * 1.6, 'one:/tmp/across', 'two:/tmp/across');
    const { copied } = await resume('one:/tmp/across', 'two:/tmp/across');
    assert.ok(copied < large - (1 << 20), `${copied} bytes were copied`);
    assert.equal(await bench.inPod('two', 'ls -A /tmp/across'), 'big\n');
    assert.equal(await sumIn('two', '/tmp/across/big'), sum);
  });

  test('means what the command meant that it goes on with, and times and modes are those of the source', async () => {
    await fileIn('one', '/tmp/data/a', 3000);
    await fileIn('one', '/tmp/data/sub/big');
    await bench.inPod('one', 'chmod 750 /tmp/data; touch -d @1100000000 /tmp/data/sub /tmp/data');
    for (const direction of ['down', 'up'] as const) {
      const here = bench.fresh();
      if (direction === 'up') await bench.copies('one:/tmp/data', join(here, 'data'));
      const words =
        direction === 'down' ? ['one:/tmp/data', join(here, 'copy')] : [join(here, 'data'), 'two:/tmp/copy'];
      await copyCut(half, ...words);
      await resume(...words);
      if (direction === 'up') await bench.copies('two:/tmp/copy', join(here, 'copy'));
      assert.deepEqual(readdirSync(join(here, 'copy')).sort(), ['a', 'sub'], direction);
      assert.equal(await sumIn('one', '/tmp/data/sub/big'), sumOf(readFileSync(join(here, 'copy/sub/big'))));
      const { mode, mtimeMs } = statSync(join(here, 'copy'));
      assert.deepEqual([mode & 0o777, mtimeMs], [0o750, 1_100_000_000_000], direction);
      // It is done: the same words mean again what they say.
      await bench.copies('--resume', 'one:/tmp/data/a', join(here, 'copy'));
      await bench.copies('--resume', ...words);
      const again =
        direction === 'down' ? readdirSync(join(here, 'copy')).join(' ') : await bench.inPod('two', 'ls /tmp/copy');
      assert.match(again, /data/, direction);
    }
  });

  test('goes on after kx was killed, down and up', async () => {
    const sum = await fileIn('one', '/tmp/killed/big');
    const here = bench.fresh();
    const staged = (): string => readdirSync(here).find((name) => name.startsWith('.big.kx-')) ?? 'none';
    const isHalf = (): boolean => existsSync(join(here, staged())) && statSync(join(here, staged())).size > 4_000_000;
    const { signal } = await kill(half, isHalf, 'one:/tmp/killed/big', join(here, 'big'));
    assert.equal(signal, 'SIGKILL');
    const down = await resume('one:/tmp/killed/big', join(here, 'big'));
    assertWentOn(down.copied, 4_000_000);
    assert.deepEqual(readdirSync(here), ['big']);
    assert.equal(sumOf(readFileSync(join(here, 'big'))), sum);

    const former = proxy.carried;
    await kill(half, () => proxy.carried > former + half - 1, join(here, 'big'), 'two:/tmp/killed');
    const up = await resume(join(here, 'big'), 'two:/tmp/killed');
    assertWentOn(up.copied, 1 << 20);
    assert.equal(await sumIn('two', '/tmp/killed'), sum);
    assert.equal(await bench.inPod('two', 'ls -A /tmp | grep -c kx-part || true'), '0\n');
  });

  test('never mixes what it has with what the source has now', async () => {
    await fileIn('one', '/tmp/changed/big');
    const here = bench.fresh();
    await copyCut(half, 'one:/tmp/changed/big', join(here, 'big'));
    const sum = await fileIn('one', '/tmp/changed/big');
    await resume('one:/tmp/changed/big', join(here, 'big'));
    assert.equal(sumOf(readFileSync(join(here, 'big'))), sum);
    assert.deepEqual(readdirSync(here), ['big']);

    fileHere(join(here, 'big'));
    await bench.inPod('two', 'mkdir -p /tmp/changed');
    await copyCut(half, join(here, 'big'), 'two:/tmp/changed/big');
    const other = fileHere(join(here, 'big'));
    await resume(join(here, 'big'), 'two:/tmp/changed/big');
    assert.equal(await sumIn('two', '/tmp/changed/big'), other);
    assert.equal(await bench.inPod('two', 'ls -A /tmp/changed'), 'big\n');
  });

  test('receives nothing of the files that are there, and neither does --update', async () => {
    await bench.inPod(
      'one',
      'mkdir -p /tmp/many && cd /tmp/many && head -c 5000 /dev/urandom >f && i=0; while [ $i -lt 1999 ]; do i=$((i+1)); cp f f$i; done',
    );
    const here = bench.fresh();
    const whole = await resume('one:/tmp/many/.', join(here, 'many'));
    const names = readdirSync(join(here, 'many'));
    assert.equal(names.length, 2000);
    names.filter((_, at) => at % 2 === 0).forEach((name) => rmSync(join(here, 'many', name)));
    const rest = await resume('one:/tmp/many/.', join(here, 'many'));
    assert.ok(rest.passed < whole.passed * 0.65, `${rest.passed} of ${whole.passed} bytes passed`);
    assert.equal(readdirSync(join(here, 'many')).length, 2000);
    const former = proxy.carried;
    await bench.copies('--update', ...behind, 'one:/tmp/many/.', join(here, 'many'));
    assert.ok(proxy.carried - former < whole.passed / 10, `${proxy.carried - former} of ${whole.passed} bytes passed`);
  });

  test('sends everything where names cannot be listed exactly, and leaves out here what is there', async () => {
    await bench.inPod(
      'one',
      `mkdir -p /tmp/odd && cd /tmp/odd && printf x >"$(printf 'two\\nlines')" && printf y >plain`,
    );
    const here = bench.fresh();
    for (let i = 0; i < 2; i++) {
      await resume('one:/tmp/odd/.', join(here, 'odd'));
      assert.deepEqual(listTree(join(here, 'odd')), ['plain = y', 'two\nlines = x']);
    }
  });

  test('compares with --checksum by what is in the files', async () => {
    const here = bench.fresh();
    mkdirSync(join(here, 'tree'));
    for (const name of ['a', 'b']) writeFileSync(join(here, 'tree', name), name);
    await bench.copies(join(here, 'tree'), 'one:/tmp/summed');
    await bench.copies('one:/tmp/summed/.', join(here, 'back'));
    writeFileSync(join(here, 'back/a'), 'x');
    for (const name of ['a', 'b']) utimesSync(join(here, 'back', name), 1e9, 1e9);
    const { code, stderr } = await bench.cp([
      '--progress',
      'plain',
      '--resume',
      '--checksum',
      'one:/tmp/summed/.',
      join(here, 'back'),
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /copied 1 file/);
    assert.deepEqual(listTree(join(here, 'back')), ['a = a', 'b = b']);
  });

  test('a link that breaks after each 300 KiB is got through, up and down', async () => {
    const here = bench.fresh();
    mkdirSync(join(here, 'tree'));
    for (let i = 0; i < 30; i++) writeFileSync(join(here, 'tree', `f${i}`), randomBytes(20_000));
    writeFileSync(join(here, 'tree/large'), randomBytes(1_400_000));
    const up = await bench.cp(['-q', join(here, 'tree'), 'short-up:/tmp/tree'], { timeout: 200_000 });
    assert.equal(up.code, 0, up.stderr);
    await bench.copies('short-up:/tmp/tree', join(here, 'back'));
    assert.deepEqual(listTree(join(here, 'back')), listTree(join(here, 'tree')));
    await bench.copies(join(here, 'tree'), 'short-down:/tmp/tree');
    const down = await bench.cp(['-q', 'short-down:/tmp/tree', join(here, 'down')], { timeout: 200_000 });
    assert.equal(down.code, 0, down.stderr);
    assert.deepEqual(listTree(join(here, 'down')), listTree(join(here, 'tree')));
  });
});
