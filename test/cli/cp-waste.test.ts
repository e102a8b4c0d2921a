import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startCopyBench, type CopyBench } from '../support/copies.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const mib = 1 << 20;
const size = 24 * mib;
/** Copies of the file in each direction, and the cuts in each of them: together 50. */
const copies = 5;
const cutsOfEach = 10;

suite(`a large file through ${copies * cutsOfEach} cuts at random bytes`, () => {
  let bench: CopyBench;
  let file: string;
  let server: URL;
  const bytes = randomBytes(size);
  before(async () => {
    bench = await startCopyBench();
    file = join(bench.fresh(), 'file');
    writeFileSync(file, bytes);
    await bench.copies(file, 'one:/tmp/source');
    await bench.inPod('one', 'touch -d @1000000000 /tmp/source');
    ({ server } = bench.sandbox);
  });

  /** Copies through the cuts; gives how many there were, and how many bytes have passed. */
  async function copyThroughCuts(
    from: string,
    to: string,
  ): Promise<{ readonly cuts: number; readonly passed: number }> {
    const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    const places: number[] = [];
    const next = (): number | undefined => {
      if (places.length === cutsOfEach) return undefined;
      places.push(Math.floor((Math.random() * 2 * size) / cutsOfEach));
      return places.at(-1);
    };
    proxy.cutAfter(next() ?? 0, next);
    const behind = ['--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', server.hostname];
    const { code, stderr } = await bench.cp(['--compress', 'none', '--retries', '20', ...behind, from, to], {
      timeout: 120_000,
    });
    proxy.close();
    assert.equal(code, 0, `cuts after ${places.join(', ')}: ${stderr}`);
    return { cuts: stderr.match(/trying again/g)?.length ?? 0, passed: proxy.carried };
  }

  for (const direction of ['up', 'down'] as const) {
    test(`${direction}, it is whole, and little is sent twice`, async (context) => {
      const one = async (index: number): Promise<{ cuts: number; passed: number }> => {
        const back = join(bench.fresh(), 'back');
        const there = `one:/tmp/waste-${index}`;
        const [from, to] = direction === 'up' ? [file, there] : ['one:/tmp/source', back];
        const counted = await copyThroughCuts(from, to);
        if (direction === 'up') await bench.copies(there, back);
        assert.ok(bytes.equals(readFileSync(back)));
        rmSync(back);
        return counted;
      };
      const all = await Promise.all(Array.from({ length: copies }, (_, index) => one(index)));
      const cuts = all.reduce((sum, each) => sum + each.cuts, 0);
      const passed = all.reduce((sum, each) => sum + each.passed, 0);
      context.diagnostic(`${cuts} cuts; ${(passed / (size * copies)).toFixed(2)} of the size has passed`);
      assert.ok(cuts > (copies * cutsOfEach) / 2, `${cuts} cuts`);
      // Each connection: the handshakes, the script and what is sent to begin with.
      const common = copies * size + (cuts + copies) * 160 * 1024;
      // Up, a connection has a quarter of what it has brought under way, or one part, an eighth of what was brought; the first has
      // a window of 8 MiB. Down, it is what the buffers between take.
      const wasted = copies * (direction === 'up' ? size * (3 / 8) + 8 * mib : size / 2);
      assert.ok(passed <= common + wasted, `${passed} bytes of ${copies * size}`);
    });
  }
});
