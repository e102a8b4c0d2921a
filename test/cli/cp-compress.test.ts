import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startCopyBench, type CopyBench } from '../support/copies.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const lines = Array.from({ length: 200_000 }, (_, i) => `${i} GET /page/${(i * 7919) % 1009} 200 some words of a log`);
const text = Buffer.from(lines.join('\n'));

suite('kx cp over a slow connection', () => {
  let bench: CopyBench;
  let proxy: TcpProxy;
  let behind: readonly string[];
  let file: string;
  before(async () => {
    bench = await startCopyBench();
    const { server } = bench.sandbox;
    proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    proxy.slow(2_000_000);
    behind = ['-v=1', '--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', server.hostname];
    file = join(bench.fresh(), 'file');
    writeFileSync(file, text);
    await bench.copies(file, 'one:/tmp/source');
  });

  async function copy(from: string, to: string): Promise<{ readonly passed: number; readonly said: string }> {
    const former = proxy.carried;
    const { code, stderr } = await bench.cp([...behind, from, to]);
    assert.equal(code, 0, stderr);
    return { passed: proxy.carried - former, said: stderr };
  }

  test('compresses what shrinks, up and down, and says why', async () => {
    const up = await copy(file, 'one:/tmp/up');
    assert.match(
      up.said,
      /compressing what goes up with (gzip|zstd): [\d.]+ MB\/s pass, and a sample shrinks to \d+ %/,
    );
    const back = join(bench.fresh(), 'back');
    const down = await copy('one:/tmp/up', back);
    assert.match(down.said, /compressing what comes down with (gzip|zstd): /);
    for (const { passed } of [up, down]) assert.ok(passed < text.length * 0.7, `${passed} of ${text.length} bytes`);
    assert.ok(text.equals(readFileSync(back)));
  });
});
