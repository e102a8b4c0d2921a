import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../support/ending.ts';
import { kubectl, kxExec, runKubectl, runLine } from './support.ts';

const folder = temporaryFolder();
const hostname = ['--', 'cat', '/etc/hostname'];

suite('kx runs where kubectl runs, and says the same', { concurrency: 2 }, () => {
  for (const words of [
    'one',
    'pod/one',
    'pods/one',
    'deploy/web',
    'deployments.apps/web',
    'deployments.v1.apps/web',
    'svc/web',
    'sts/db',
    'ds/ds',
    'rs/rs',
    'rc/rc',
    'job/job',
    'ds/ds -c sidecar',
    'two -c b',
    'two -c debugger',
    '-q ds/ds',
    '-q two',
  ]) {
    test(words, async () => {
      const [kx, reference] = await Promise.all([
        kxExec([...words.split(' '), ...hostname]),
        runKubectl(['exec', ...words.split(' '), ...hostname]),
      ]);
      assert.deepEqual(
        [kx.code, kx.stdout.toString(), kx.stderr],
        [reference.code, reference.stdout.toString(), reference.stderr],
      );
    });
  }

  test('a container that nobody named, of a pod that has several', async () => {
    const words = ['two', '--', 'sh', '-c', 'ls /bin/busybox'];
    const [kx, reference] = await Promise.all([kxExec(words), runKubectl(['exec', ...words])]);
    assert.deepEqual([kx.code, kx.stdout.toString(), kx.stderr], [0, '/bin/busybox\n', reference.stderr]);
  });

  test('the object of a file, of a folder of YAML or of stdin', async () => {
    for (const [reference, name] of [
      ['pod/one', 'pod.yaml'],
      ['deploy/web', 'deploy.json'],
    ] as const) {
      const format = name.split('.')[1]!;
      const file = join(folder, name);
      await writeFile(file, await kubectl('get', reference, '-o', format));
      const [kx, kubectls] = await Promise.all([
        kxExec(['-f', file, ...hostname]),
        runKubectl(['exec', '-f', file, ...hostname]),
      ]);
      assert.deepEqual([kx.code, kx.stdout.toString(), kx.stderr], [0, kubectls.stdout.toString(), kubectls.stderr]);
      const piped = await runLine(`kx -f - -- cat /etc/hostname <'${file}'`);
      assert.deepEqual([piped.code, piped.stdout.toString()], [0, kx.stdout.toString()]);
    }
  });
});

test('the newest active Job of a CronJob, which kubectl does not take', async () => {
  const { code, stdout } = await kxExec(['cronjob/cron', ...hostname]);
  assert.equal(code, 0);
  assert.match(stdout.toString(), /^cron-\d+-\w+\n$/);
});

test('--dry-run says where and how, and runs nothing', async () => {
  const { code, stdout, stderr } = await kxExec(['--dry-run', '-i', 'deploy/web', '--', 'touch', '/tmp/kx-dry-run']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout.toString(), /web-\w+-\w+[^]*apiserver[^]*touch \/tmp\/kx-dry-run/);
  const [, pod = ''] = /(web-\w+-\w+)/.exec(stdout.toString()) ?? [];
  assert.notEqual((await kxExec([pod, '--', 'ls', '/tmp/kx-dry-run'])).code, 0);
});
