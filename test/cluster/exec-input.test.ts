import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { foreignCluster } from '../support/cluster.ts';
import { inPod, kxExec, ownNamespace, runLine, sha256OfFile, soak, startKxExec, temporaryFolder, v4Only } from './support.ts';

const mebibyte = 1 << 20;
const folder = temporaryFolder();
const namespace = ownNamespace(
  'input',
  `apiVersion: v1
kind: Pod
metadata: {name: bash}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: kx-debian:local}
`,
);

async function makeFile(name: string, mebibytes: number): Promise<string> {
  const path = join(folder(), name);
  const file = await open(path, 'w');
  for (let i = 0; i < mebibytes; i++) await file.write(randomBytes(mebibyte));
  await file.close();
  return path;
}

suite('an upload arrives whole', () => {
  const runs = soak ? 100 : 3;
  let file = '';
  let digest = '';
  before(async () => {
    file = await makeFile('upload', soak ? 64 : 16);
    digest = await sha256OfFile(file);
    await inPod(`-n ${namespace} bash`, 'true');
  });

  const commands = ["sh -c 'cat > FILE'", "sh -c 'exec cat > FILE'", 'dd of=FILE bs=65536', 'tee FILE >/dev/null'];
  const places = [
    { what: 'busybox', where: '', pod: 'one', context: 'kx' },
    { what: 'Debian', where: '', pod: 'debian', context: 'kx' },
    ...(foreignCluster
      ? []
      : [
          { what: 'an older node', where: '', pod: 'one-oldnode', context: 'kx' },
          { what: 'an older apiserver', where: '', pod: 'one', context: 'kx-old' },
        ]),
  ];
  for (const { what, pod, context } of places) {
    for (const command of commands.slice(0, 3)) {
      test(`by ${command} on ${what}, from a file and from a pipe, ${runs} times`, async () => {
        const remote = `/tmp/kx-input-${process.pid}`;
        for (let i = 0; i < runs; i++) {
          const words = `kx -i ${pod} -- ${command.replace('FILE', remote)}`;
          const ended = await runLine(i % 2 === 0 ? `${words} <'${file}'` : `cat '${file}' | ${words}`, { context });
          assert.deepEqual(
            { code: ended.code, stdout: ended.stdout.subarray(0, 100).toString(), stderr: dd(ended.stderr) },
            { code: 0, stdout: '', stderr: '' },
          );
          assert.ok((await inPod(pod, `sha256sum ${remote}`)).startsWith(digest), `run ${i} is not whole`);
        }
        await inPod(pod, `rm ${remote}`);
      });
    }
  }
});
void dd;
