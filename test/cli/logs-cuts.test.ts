import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { runKx, startKx, type Running } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { endAfterwards } from '../support/ending.ts';

const cluster = readFileSync(resolve(import.meta.dirname, '../support/logs.yaml'), 'utf8');
const cuts = (process.env['KX_SOAK'] ?? '') === '' ? 12 : 100;

suite(`kx logs through ${cuts} cuts at random bytes`, () => {
  let sandbox: SandboxProcess;
  let proxy: TcpProxy;
  let behind: string[];
  before(async () => {
    sandbox = await startSandboxProcess(cluster);
    const { server } = sandbox;
    proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    behind = ['--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', server.hostname];
  });

  const countOf = (text: string): number => text.split('\n').length - 1;
  /** Cuts the connection again and again while more lines come. */
  async function cutOften(running: Running): Promise<void> {
    for (let cut = 0; cut < cuts; cut++) {
      const before = running.stdout().length;
      proxy.cutAfter(Math.floor(Math.random() * 60_000));
      await eventually('the log has gone on', () => running.stdout().length > before + 100_000, 60_000);
    }
  }

  test('a followed log has no line lost and none repeated', async () => {
    const running = startKx(['logs', ...behind, '-f', 'counter'], { env: sandbox.env, timeout: 300_000 });
    await running.sees(/\n50 of/);
    await cutOften(running);
    running.child.kill('SIGINT');
    const { stdout, stderr, code } = await running.ended;
    assert.equal(code, 130);
    const numbers = stdout
      .toString()
      .split('\n')
      .slice(0, -1)
      .map((text) => parseInt(text, 10));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + (numbers[0] ?? 0)),
    );
    assert.ok(countOf(stderr) >= 1, stderr);
    assert.doesNotMatch(stderr, /may be missing/);
  });

  test('several followed logs are each whole too, merged or not', async () => {
    const words = ['logs', ...behind, '-f', '/counter|crash/', '--merge', '-q', '--tail=-1'];
    const running = startKx(words, { env: sandbox.env, timeout: 300_000 });
    await running.sees(/counter main 50 of/);
    await cutOften(running);
    running.child.kill('SIGINT');
    const { stdout, stderr } = await running.ended;
    const texts = stdout.toString().split('\n').slice(0, -1);
    const numbers = texts.flatMap((text) =>
      text.startsWith('counter') ? [parseInt(text.slice('counter main '.length), 10)] : [],
    );
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + (numbers[0] ?? 0)),
    );
    assert.ok(texts.some((text) => text.startsWith('crash main last')));
    assert.equal(stderr, '');
  });

  test('a log that cannot be read to its end is an error, not an end', async () => {
    const broken = await closing(proxyOf(behind));
    const { code, stderr } = await runKx(['logs', ...broken.behind, 'counter'], { env: sandbox.env });
    assert.match(stderr, /\[KX_(CONNECTION_LOST|UNREACHABLE)\]/);
    assert.equal(code, 125);
  });

  function proxyOf(words: readonly string[]): { host: string; port: number; name: string } {
    return { host: '127.0.0.1', port: Number(new URL(words[1] ?? '').port), name: words[3] ?? '' };
  }
});

/** A way to the server that breaks every connection after 20 KB. */
async function closing({ host, port, name }: { host: string; port: number; name: string }) {
  const proxy = await startTcpProxy({ host, port });
  const timer = setInterval(() => proxy.cutAfter(20_000), 5);
  endAfterwards(() => clearInterval(timer));
  return { behind: ['--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', name] };
}
