import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { listTree, startCopyBench, type CopyBench } from '../support/copies.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const cuts = (process.env['KX_SOAK'] ?? '') === '' ? 15 : 50;
/** How many copies run at once. */
const lanes = 5;

suite(`kx cp through ${cuts} cuts at random bytes`, () => {
  let bench: CopyBench;
  let tree: string;
  let server: URL;
  before(async () => {
    bench = await startCopyBench();
    tree = join(bench.fresh(), 'tree');
    mkdirSync(join(tree, 'sub'), { recursive: true });
    for (let i = 0; i < 40; i++) writeFileSync(join(tree, i % 2 ? 'sub' : '.', `f${i}`), randomBytes(i * 700));
    writeFileSync(join(tree, 'large'), randomBytes(2_500_000));
    await bench.copies(tree, 'one:/tmp/source');
    ({ server } = bench.sandbox);
  });

  /** A tree of 3.3 MB and its handshakes, so that most cuts are in the middle and some behind the end. */
  const anywhere = (): number => 1000 + Math.floor(Math.random() * 3_600_000);

  async function copyThroughCut(bytes: number, from: string, to: string): Promise<string> {
    const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    proxy.cutAfter(bytes);
    const behind = ['--server', `https://127.0.0.1:${proxy.port}`, '--tls-server-name', server.hostname];
    const { code, stderr } = await bench.cp([...behind, from, to]);
    proxy.close();
    assert.equal(code, 0, `cut after ${bytes} bytes: ${stderr}`);
    return stderr;
  }

  for (const direction of ['up', 'down'] as const) {
    test(`${direction}, the result is the same byte for byte`, async () => {
      const wanted = listTree(tree);
      let lost = 0;
      const lane = async (name: string): Promise<void> => {
        for (let i = 0; i < cuts / lanes; i++) {
          const bytes = anywhere();
          const back = join(bench.fresh(), 'back');
          const there = `one:/tmp/cut-${direction}-${name}-${i}`;
          const [from, to] = direction === 'up' ? [tree, there] : ['one:/tmp/source', back];
          const said = await copyThroughCut(bytes, from, to);
          if (/trying again/.test(said)) lost++;
          if (direction === 'up') await bench.copies(there, back);
          assert.deepEqual(listTree(back), wanted, `cut after ${bytes} bytes`);
        }
      };
      await Promise.all(Array.from({ length: lanes }, (_, i) => lane(`${i}`)));
      assert.ok(lost > cuts / 2, `only ${lost} of ${cuts} copies noticed their cut`);
    });
  }
});
