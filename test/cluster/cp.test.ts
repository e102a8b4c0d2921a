import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../support/ending.ts';
import { inPod, kubectl, kxCp, ownNamespace, podManifest, sha256OfFile } from './support.ts';

const folder = temporaryFolder();
const namespace = await ownNamespace(
  'cp',
  podManifest('box', 'kx-busybox'),
  podManifest('other', 'kx-busybox'),
  podManifest('gnu', 'kx-debian'),
  podManifest('empty', 'kx-distroless'),
  podManifest('bare', 'kx-busybox', { spec: '    workingDir: /tmp\n' }),
  podManifest('small', 'kx-busybox', {
    spec: `    securityContext: {readOnlyRootFilesystem: true}
    volumeMounts: [{name: small, mountPath: /small}, {name: map, mountPath: /etc/kx.conf, subPath: a}]
  volumes:
  - {name: small, emptyDir: {medium: Memory, sizeLimit: 4Mi}}
  - {name: map, configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: a}]}}
`,
  }),
);
const at = (pod: string, path: string): string => `${namespace}/${pod}:${path}`;
const into = (pod: string): string => `${pod} -n ${namespace}`;
// Every way to get at tar is taken away from this one.
await inPod(into('bare'), 'rm /bin/tar');

/** A fresh folder of this machine. */
let folders = 0;
function fresh(): string {
  const path = join(folder, `f${folders++}`);
  mkdirSync(path);
  return path;
}

/** A tree with everything that a copy must keep. */
function makeTree(): string {
  const root = join(fresh(), 'tree');
  mkdirSync(join(root, 'sub/deep dir/empty'), { recursive: true });
  writeFileSync(join(root, 'plain'), 'plain\n', { mode: 0o640 });
  writeFileSync(join(root, 'sub/run'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(root, 'sub/zero'), '');
  writeFileSync(join(root, 'sub/it\'s "odd"\n$HOME'), 'odd');
  writeFileSync(join(root, 'sub/-rf'), 'dash');
  writeFileSync(join(root, 'sub/ünïcode ☃'), 'snow');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/sub/not-utf8-`), Buffer.from([0xff, 0xe9])]), 'bytes');
  writeFileSync(join(root, 'sub', 'n'.repeat(250)), 'long name');
  const deep = join(root, ...Array.from({ length: 8 }, (_, i) => `${i}`.repeat(60)));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'leaf'), 'long path');
  writeFileSync(join(root, 'big'), randomBytes((5 << 20) + 17));
  symlinkSync('plain', join(root, 'link'));
  symlinkSync('/no/such', join(root, 'dangling'));
  linkSync(join(root, 'plain'), join(root, 'sub/hard'));
  utimesSync(join(root, 'sub/run'), 981173106, 981173106);
  utimesSync(join(root, 'sub/deep dir'), 981173107, 981173107);
  return root;
}

/** What a tree is, one line for each thing: kind, mode, links, time, size or text, name. */
const listScript = String.raw`find . -exec stat -c '%f %h %Y %N' {} + ; find . -type f -exec sha256sum {} +`;
function listHere(root: string): string[] {
  const text = execFileSync('sh', ['-c', `LC_ALL=C; export LC_ALL; cd "$1" && ${listScript}`, 'sh', root]);
  return comparable(text.toString('latin1'));
}
async function listThere(pod: string, root: string): Promise<string[]> {
  return comparable(await inPod(into(pod), `LC_ALL=C; export LC_ALL; cd '${root}' && ${listScript}`));
}
/** Only what both kinds of stat write alike: directories differ in their links, quoting in the tools. */
function comparable(text: string): string[] {
  return (
    text
      .split('\n')
      .map((line) => line.replace(/^(4\w{3}) \d+ /, '$1 - ').replace(/['"\\]/g, ''))
      // busybox cannot set the time of a symlink.
      .map((line) => line.replace(/^(a1ff \d+) \d+/, '$1 -'))
      .filter((line) => /^[0-9a-f]{4} |^[0-9a-f]{64} /.test(line))
      .sort()
  );
}

async function copies(...words: string[]): Promise<void> {
  const { code, stdout, stderr } = await kxCp(words);
  assert.deepEqual([code, stdout.toString(), stderr], [0, '', ''], words.join(' '));
}

suite('a tree arrives as it is', () => {
  const root = makeTree();
  for (const pod of ['box', 'gnu', 'bare']) {
    test(`up to ${pod} and down again`, async () => {
      await copies(root, at(pod, '/tmp/up'));
      const there = await listThere(pod, '/tmp/up');
      assert.ok(there.length > 20, there.join('\n'));
      const back = fresh();
      await copies(at(pod, '/tmp/up'), join(back, 'down'));
      // What find of the container cannot show is told by what came back.
      assert.deepEqual(listHere(join(back, 'down')), listHere(root));
      assert.equal(statSync(join(back, 'down/plain')).ino, statSync(join(back, 'down/sub/hard')).ino);
    });
  }

  for (const [from, to] of [
    ['box', 'gnu'],
    ['gnu', 'other'],
    ['gnu', 'bare'],
    ['bare', 'box'],
  ] as const) {
    test(`from ${from} to ${to}`, async () => {
      await inPod(into(from), 'rm -rf /tmp/src');
      await copies(root, at(from, '/tmp/src'));
      await copies(at(from, '/tmp/src'), at(to, '/tmp/from'));
      const back = fresh();
      await copies(at(to, '/tmp/from'), join(back, 'down'));
      assert.deepEqual(listHere(join(back, 'down')), listHere(root));
      await inPod(into(to), 'rm -rf /tmp/from');
    });
  }
});

suite('the words mean what they mean to cp, and to kubectl cp where it agrees', () => {
  /** Everything below a folder, with the content of files. */
  const tree = (root: string): string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .map((name) => {
        const path = join(root, name);
        return lstatSync(path).isDirectory() ? `${name}/` : `${name} ${execFileSync('cat', [path]).toString()}`;
      })
      .sort();
  const prepare =
    'file=src/file dir=src/dir; mkdir -p src/dir/sub old/dir; echo 1 >$file; echo 2 >$dir/a; echo 3 >$dir/sub/b';
  const cases: readonly (readonly [source: string, destination: string, sameAsKubectl: boolean])[] = [
    ['file', 'new', true],
    ['file', 'old', true],
    ['file', 'old/', true],
    ['file', 'old/new', true],
    ['dir', 'new', true],
    ['dir', 'old', true],
    ['dir', 'old/', true],
    ['dir/', 'old', true],
    ['dir/', 'new', true],
    ['dir/.', 'old', true],
    ['dir/sub', 'old', true],
  ];
  for (const [source, destination, same] of cases) {
    test(`up: ${source} to ${destination}`, async () => {
      const here = fresh();
      execFileSync('sh', ['-c', prepare], { cwd: here });
      const results: string[][] = [];
      for (const tool of ['cp', 'kx', 'kubectl']) {
        const there = `/tmp/m-${tool}`;
        await inPod(into('gnu'), `rm -rf ${there}; mkdir -p ${there}/old/dir`);
        const from = `${here}/src/${source}`;
        if (tool === 'kx') await copies(from, at('gnu', `${there}/${destination}`));
        else if (tool === 'kubectl') await kubectl('cp', from, at('gnu', `${there}/${destination}`));
        else {
          const own = fresh();
          mkdirSync(join(own, 'old/dir'), { recursive: true });
          execFileSync('cp', ['-r', from, `${own}/${destination}`]);
          results.push(tree(own));
          continue;
        }
        const back = fresh();
        execFileSync('tar', ['x', '-C', back], {
          input: Buffer.from(await inPod(into('gnu'), `cd ${there} && tar c . | base64`), 'base64'),
        });
        results.push(tree(back));
      }
      const [cp, kx, theirs] = results;
      assert.deepEqual(kx, cp, 'as cp -r');
      if (same) assert.deepEqual(kx, theirs, 'as kubectl cp');
    });
  }
});

suite('what cannot be had is one line with a code', () => {
  const cases: readonly (readonly [what: string, from: string, to: string, line: RegExp])[] = [
    ['a source that is missing', at('box', '/no/such'), 'x', /\/no\/such.*\[KX_COPY_SOURCE\]/],
    ['a container that is missing', at('box', '/etc'), 'x -c nope', /container nope is not valid/],
    ['a pod that is missing', at('nobody', '/etc'), 'x', /pod.*nobody.*not found/],
    [
      'a read-only file system',
      '/etc/hostname',
      at('small', '/usr/x'),
      /[Rr]ead-only file system.*\[KX_COPY_DESTINATION\]/,
    ],
    [
      'a parent that is missing',
      '/etc/hostname',
      at('box', '/no/such/dir/x'),
      /\/no\/such\/dir.*\[KX_COPY_DESTINATION\]/,
    ],
  ];
  for (const [what, from, to, line] of cases) {
    test(what, async () => {
      const here = fresh();
      const { code, stdout, stderr } = await kxCp([from, ...to.split(' ')], { cwd: here });
      assert.deepEqual([code, stdout.toString()], [125, ''], stderr);
      assert.match(stderr.split('\n')[0] ?? '', line);
      assert.ok(stderr.trimEnd().split('\n').length <= 2, stderr);
      assert.deepEqual(readdirSync(here), []);
    });
  }

  test('a full disk in the container, and nothing half done stays', async () => {
    const file = join(fresh(), 'big');
    writeFileSync(file, randomBytes(8 << 20));
    const { code, stderr } = await kxCp([file, at('small', '/small/big')]);
    assert.equal(code, 125, stderr);
    assert.match(stderr, /No space left on device.*\[KX_COPY_DESTINATION\]/);
    assert.equal(await inPod(into('small'), 'ls -A /small'), '');
  });
});

suite('a file that is there keeps its inode', () => {
  test('and what is mounted over it', async () => {
    const file = join(fresh(), 'hosts');
    writeFileSync(file, '127.0.0.1 localhost kx\n');
    await inPod(into('box'), 'echo old >/tmp/kept; ln /tmp/kept /tmp/second');
    await copies(file, at('box', '/tmp/kept'));
    assert.equal(await inPod(into('box'), 'cat /tmp/second'), '127.0.0.1 localhost kx\n');
    await copies(file, at('box', '/etc/hosts'));
    assert.equal(await inPod(into('box'), 'cat /etc/hosts'), '127.0.0.1 localhost kx\n');
  });
});

test('an image without a shell is reached through a helper container', async () => {
  const helper = ['--helper-image', `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`];
  const root = makeTree();
  const first = await kxCp([...helper, root, at('empty', '/dev/shm/up')]);
  assert.deepEqual([first.code, first.stdout.toString()], [0, ''], first.stderr);
  assert.match(first.stderr, /^Adding the helper container kx-cp-\w+ .*stays listed until the pod ends\n$/);
  const back = fresh();
  await copies(...helper, at('empty', '/dev/shm/up'), join(back, 'down'));
  assert.deepEqual(listHere(join(back, 'down')), listHere(root));
  await copies(...helper, at('empty', '/dev/shm/up/sub/r*'), back);
  assert.ok(statSync(join(back, 'run')).isFile());
});

test('a large file goes up and down whole', async () => {
  const here = fresh();
  const file = join(here, 'big');
  execFileSync('sh', ['-c', `head -c 300000000 /dev/urandom >'${file}'`]);
  await copies(file, at('gnu', '/tmp/big'));
  await copies('--checksum', at('gnu', '/tmp/big'), join(here, 'back'));
  assert.equal(await sha256OfFile(join(here, 'back')), await sha256OfFile(file));
  rmSync(file);
  await inPod(into('gnu'), 'rm /tmp/big');
});
