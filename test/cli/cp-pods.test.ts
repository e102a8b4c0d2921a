import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { listTree, startCopyBench, type CopyBench } from '../support/copies.ts';

const pod = (name: string, more = ''): string => `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: web }${more} }
spec: { nodeName: node-1, containers: [{ name: main, image: test/main:1 }] }`;

const cluster = `
apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  replicas: 3
  selector: { matchLabels: { app: api } }
  template: { metadata: { labels: { app: api } }, spec: { containers: [{ name: main, image: test/main:1 }] } }
${pod('web-1')}
${pod('web-2')}
${pod('web-bad', ', annotations: { sandbox.kx.dev/fault: refuse-upgrade=403 }')}
`;

suite('kx cp with many pods', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench(cluster);
  });

  test('copies up to every pod of a workload, and down into a directory for each', async () => {
    const cwd = bench.fresh();
    writeFileSync(join(cwd, 'conf'), 'all');
    const up = await bench.cp(['conf', 'deploy/api:/tmp/', '--all-pods', '--parallelism', '2'], { cwd });
    assert.deepEqual([up.code, up.stdout.toString(), up.stderr], [0, '', '']);
    const down = await bench.cp(['deploy/api:/tmp/conf', 'down', '--all-pods'], { cwd });
    assert.deepEqual([down.code, down.stderr], [0, '']);
    const tree = listTree(join(cwd, 'down'));
    assert.equal(tree.length, 6);
    assert.equal(tree.filter((line) => /^api-[^/]*\/conf = all$/.test(line)).length, 3, tree.join('\n'));
  });

  test('goes on where a pod fails, says which, and ends with 125', async () => {
    const cwd = bench.fresh();
    const up = await bench.cp(['-', ':/tmp/x', '-l', 'app=web'], { cwd, stdin: 'piped' });
    assert.equal(up.code, 125);
    assert.match(
      up.stderr,
      /^error: web-bad: [^\n]* \[KX_\w+\][^\n]*\nerror: 1 of 3 pods failed: web-bad \[KX_COPY_INCOMPLETE\]\nhint: .*\n$/,
    );
    const down = await bench.cp([':/tmp/x', 'down', '-l', 'app=web'], { cwd });
    assert.equal(down.code, 125);
    assert.deepEqual(listTree(join(cwd, 'down')), ['web-1/', 'web-1/x = piped', 'web-2/', 'web-2/x = piped']);
  });

  test('says what would be copied where with --dry-run', async () => {
    const cwd = bench.fresh();
    writeFileSync(join(cwd, 'conf'), '');
    const { code, stdout } = await bench.cp(['conf', 'deploy/api:/tmp', '--all-pods', '--dry-run'], { cwd });
    assert.equal(code, 0);
    assert.match(stdout.toString(), /^(conf -> api-[^:]*:\/tmp\/conf\n){3}$/);
  });

  test('is an error where no pod fits', async () => {
    const ended = await bench.cp(['-', ':/x', '-l', 'app=none', '--pod-running-timeout', '100ms'], { stdin: 'x' });
    assert.equal(ended.code, 125);
    assert.match(ended.stderr, /error: no pod of -l app=none appeared within 0.1s \[KX_TARGET_NOT_RUNNING\]/);
  });
});
