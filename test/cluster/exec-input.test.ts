import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../support/ending.ts';
import { foreignCluster } from '../support/cluster.ts';
import { inPod, kxExec, ownNamespace, podManifest, runLine, sha256OfFile, soak } from './support.ts';

const folder = temporaryFolder();
const namespace = await ownNamespace('input', podManifest('bash', 'kx-debian'));
const megabytes = soak ? 64 : 16;
const file = join(folder, 'input');
const handle = await open(file, 'w');
for (let i = 0; i < megabytes; i++) await handle.write(randomBytes(1 << 20));
await handle.close();
const digest = await sha256OfFile(file);
// The name sh is looked for here first.
await inPod(`bash -n ${namespace}`, 'mkdir -p /usr/local/sbin && ln -s /bin/bash /usr/local/sbin/sh');

suite('an upload arrives whole', () => {
  const places = [
    { what: 'ash', pod: 'one', context: 'kx' },
    { what: 'dash', pod: 'debian', context: 'kx' },
    { what: 'bash', pod: `bash -n ${namespace}`, context: 'kx' },
    { what: 'ash as another user', pod: 'restricted', context: 'kx', folder: '/dev/shm' },
    ...(foreignCluster
      ? []
      : [
          { what: 'ash on an older node', pod: 'one-oldnode', context: 'kx' },
          { what: 'ash behind an older apiserver', pod: 'one', context: 'kx-old' },
        ]),
  ];
  const commands = ["sh -c 'cat > FILE'", 'dd of=FILE bs=65536', "sh -c 'exec cat > FILE'"];
  const runs = soak ? 100 : 6;
  for (const { what, pod, context, folder = '/tmp' } of places) {
    test(`under ${what}, ${runs} times`, async () => {
      const remote = `${folder}/kx-input-${process.pid}`;
      for (let i = 0; i < runs; i++) {
        const words = `kx -i ${pod} -- ${commands[i % commands.length]!.replace('FILE', remote)}`;
        const line = i % 2 === 0 ? `${words} <'${file}'` : `cat '${file}' | ${words}`;
        const { code, stdout, stderr } = await runLine(line, { context });
        // dd counts on stderr.
        const said = stderr.replace(/^\d+\+\d+ records (in|out)\n|^\d+ bytes .*\n/gm, '');
        assert.deepEqual([code, stdout.toString(), said], [0, '', ''], line);
        assert.equal((await inPod(pod, `sha256sum ${remote}`)).split(' ')[0], digest, `run ${i}: ${line}`);
      }
      await inPod(pod, `rm ${remote}`);
    });
  }

  test('without a shell too, when the command reads to the end', async () => {
    const { code, stdout, stderr } = await runLine(`kx -i distroless -- /app sha256 <'${file}'`);
    assert.deepEqual([code, stdout.toString().trim(), stderr], [0, digest, '']);
  });

  test('as a tar stream, which ends by itself', async () => {
    const source = join(folder, 'tree');
    const line = `set -o pipefail; mkdir -p '${source}/a/b' && cp '${file}' '${source}/a/b/f' && ln -s f '${source}/a/b/l' &&
      tar c -C '${source}' . | kx -i one -- tar x -C /tmp &&
      kx one -- sh -c 'sha256sum </tmp/a/b/l; rm -r /tmp/a'`;
    const { code, stdout, stderr } = await runLine(line);
    assert.deepEqual([code, stdout.toString().split(' ')[0], stderr], [0, digest, '']);
  });
});

suite('a command that leaves its input alone', () => {
  const places = [
    { what: 'ash', pod: 'one', context: 'kx' },
    { what: 'dash', pod: 'debian', context: 'kx' },
    { what: 'bash', pod: `bash -n ${namespace}`, context: 'kx' },
    ...(foreignCluster ? [] : [{ what: 'ash, where only v4 is spoken', pod: 'one-oldnode', context: 'kx-old' }]),
  ];
  for (const { what, pod, context } of places) {
    test(`ends at once with its own code and all of its output under ${what}`, async () => {
      for (let i = 0; i < (soak ? 50 : 5); i++) {
        const ended = await runLine(`kx -i ${pod} -- sh -c 'exit 3' <'${file}'`, { context });
        assert.deepEqual([ended.code, ended.stderr], [3, 'command terminated with exit code 3\n']);
        const head = await runLine(`kx -i ${pod} -- head -c 100000 <'${file}' | cmp -n 100000 - '${file}'`, {
          context,
        });
        assert.deepEqual([head.code, head.stdout.toString(), head.stderr], [0, '', '']);
      }
    });
  }

  test('ends although its input never does', async () => {
    const { code, stdout, stderr } = await runLine('yes | kx -i one -- head -n 1; echo ${PIPESTATUS[1]}');
    assert.deepEqual([code, stdout.toString(), stderr], [0, 'y\n0\n', '']);
    const silent = await kxExec(['-i', 'one', '--', 'true'], { stdin: null });
    assert.deepEqual([silent.code, silent.stderr], [0, '']);
  });

  test('is not silent about it where no shell can keep the input whole', async () => {
    const { code, stderr } = await runLine(
      `head -c 60000 '${file}' | { sleep 1; cat; } | kx -i distroless -- /app exit 0`,
    );
    assert.deepEqual([code, stderr], [0, ''], 'no input had come when it ended');
    const left = await runLine(`{ head -c 20000 '${file}'; sleep 3; } | kx -i distroless -- /app sleep 1`);
    assert.equal(left.code, 0);
    assert.match(left.stderr, /^warning: the command ended while input was left: 20000 bytes of it were sent\n$/);
  });
});

suite('where WebSockets know only v4', { skip: foreignCluster }, () => {
  const context = 'kx-old';

  test('a command is told the end of its input where its container has a shell', async () => {
    const { code, stdout, stderr } = await runLine(`kx -i one-oldnode -- sha256sum <'${file}'`, { context });
    assert.deepEqual([code, stdout.toString().split(' ')[0], stderr], [0, digest, '']);
  });

  test('SPDY tells a command the end of its input where no shell does', async () => {
    const flags = ['-i', '--no-wrap', '-v', '1', 'one-oldnode'];
    const { code, stdout, stderr } = await kxExec([...flags, '--', 'cat'], { context, stdin: 'hello\n' });
    assert.deepEqual([code, stdout.toString()], [0, 'hello\n']);
    assert.match(stderr, /the Status of the command \(SPDY\/3\.1\)/);
  });

  test('a command that knows where its input ends has its own code', async () => {
    for (const [words, wanted] of [
      ['head -n 1', [0, 'hello\n', '']],
      ["sh -c 'read -r x; echo $x; exit 4'", [4, 'hello\n', 'command terminated with exit code 4\n']],
    ] as const) {
      const { code, stdout, stderr } = await runLine(`echo hello | kx -i one-oldnode -- ${words}`, { context });
      assert.deepEqual([code, stdout.toString(), stderr], wanted);
    }
  });
});
