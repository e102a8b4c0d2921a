import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startCopyBench, type CopyBench } from '../support/copies.ts';
import { kxBinary, startKx } from '../support/program.ts';
import { openPty } from '../support/pty.ts';

const pod = (name: string, fault: string): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, annotations: { sandbox.kx.dev/fault: ${fault} } }
spec: { nodeName: node-1, containers: [{ name: main, image: test/main:1 }] }`;

const cluster = `
apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
apiVersion: v1
kind: Pod
metadata: { name: good }
spec: { nodeName: node-1, containers: [{ name: main, image: test/main:1 }] }
${pod('cut', 'cut-after=400KiB')}
${pod('cut-up', 'cut-stdin-after=6MiB')}
${pod('cut-early', 'cut-after=4')}
${pod('slow', 'slow-read=100KiB/s')}
`;

suite('kx cp over connections that break, and what it shows', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench(cluster);
  });

  test('a copy down goes on where a connection was lost, and is whole', async () => {
    const cwd = bench.fresh();
    await bench.inPod('cut', 'head -c 2000000 /dev/urandom >/tmp/big; sha256sum </tmp/big >/tmp/sum');
    const { code, stderr } = await bench.cp(['cut:/tmp/big', 'big'], { cwd });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /trying again in 0\.25 s \(1 of 5\)\n/);
    writeFileSync(join(cwd, 'sum'), '');
    await bench.copies('-q', 'cut:/tmp/sum', join(cwd, 'sum'));
    const sum = createHash('sha256')
      .update(readFileSync(join(cwd, 'big')))
      .digest('hex');
    assert.equal(readFileSync(join(cwd, 'sum')).toString(), `${sum}  -\n`);
  });

  test('a copy up goes on where a connection was lost, and is whole', async () => {
    const cwd = bench.fresh();
    const bytes = randomBytes(20_000_000);
    writeFileSync(join(cwd, 'big'), bytes);
    const { code, stderr } = await bench.cp(['big', 'cut-up:/tmp/big'], { cwd });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /trying again/);
    const back = await bench.cp(['cut-up:/tmp/big', '-']);
    assert.ok(back.stdout.equals(bytes));
  });

  test('when the tries are used up it is an error, and no file has its name', async () => {
    const cwd = bench.fresh();
    await bench.inPod('cut', 'head -c 1000000 /dev/zero >/tmp/zeros');
    const { code, stderr } = await bench.cp(['--retries', '0', 'cut:/tmp/zeros', 'zeros'], { cwd });
    assert.equal(code, 125);
    assert.match(stderr, /^error: .* \[KX_CONNECTION_LOST\]\n/);
    assert.deepEqual(readdirSync(cwd), []);
    const early = await bench.cp(['--retries', '1', 'cut-early:/etc/passwd', 'x'], { cwd });
    assert.equal(early.code, 125);
    assert.match(early.stderr, /trying again in 0\.25 s \(1 of 1\)\nerror: /);
    assert.deepEqual(readdirSync(cwd), []);
  });

  test('--progress plain has lines and a last one; without it nothing is said, and stdout is the copy alone', async () => {
    const cwd = bench.fresh();
    writeFileSync(join(cwd, 'big'), randomBytes(300_000));
    const up = await bench.cp(['--progress', 'plain', 'big', 'slow:/tmp/big'], { cwd });
    assert.equal(up.code, 0);
    assert.match(up.stderr, /^([\d.]+ \w+ of 293 KiB {2}\d+% {2}.*\n)+copied 1 file, 293 KiB in [\d.]+ s \(.*\/s\)\n$/);
    assert.equal(up.stdout.length, 0);
    const down = await bench.cp(['--progress', 'plain', 'slow:/tmp/big', '-']);
    assert.equal(down.stdout.length, 300_000);
    assert.match(down.stderr, /copied 1 file, 293 KiB/);
    const quiet = await bench.cp(['-q', '--progress', 'plain', 'slow:/tmp/big', 'back'], { cwd });
    assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
  });

  test('on a terminal there is a line that goes on, and a last one', async () => {
    const cwd = bench.fresh();
    writeFileSync(join(cwd, 'big'), randomBytes(300_000));
    const pty = await openPty([kxBinary(), 'cp', join(cwd, 'big'), 'slow:/tmp/tty'], {
      columns: 60,
      env: { ...bench.sandbox.env, TERM: 'xterm' },
    });
    await pty.sees(/ of 293 KiB {2}\d+% {2}.* left/);
    await pty.sees(/\r\x1b\[K.*copied 1 file, 293 KiB in [\d.]+ s/);
    assert.equal((await pty.ended).code, 0);
  });

  test('Ctrl-C ends a copy with 130 and leaves no half file', async () => {
    const cwd = bench.fresh();
    writeFileSync(join(cwd, 'big'), randomBytes(3_000_000));
    const running = startKx(['cp', '--progress', 'plain', join(cwd, 'big'), 'slow:/tmp/half'], {
      env: bench.sandbox.env,
    });
    await running.sees(/ of 2\.9 MiB/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /error: canceled by Ctrl-C \[KX_CANCELED\]/);
    assert.equal(await bench.inPod('slow', 'ls -A /tmp | grep -c half || true'), '0\n');
  });
});
