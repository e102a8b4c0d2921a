import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { listTree, startCopyBench, type CopyBench } from '../support/copies.ts';
import { kxBinary, run } from '../support/program.ts';

suite('kx cp', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench();
  });
  /** A local shell in which $KX is the program. */
  const shell = (script: string, cwd: string) =>
    run('sh', ['-c', script], { env: { ...bench.sandbox.env, KX: kxBinary() }, cwd });

  function makeTree(root: string): void {
    mkdirSync(join(root, 'sub/empty'), { recursive: true });
    writeFileSync(join(root, 'run'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(root, 'sub/a b $(x) ü'), 'odd');
    writeFileSync(join(root, 'sub/zero'), '');
    symlinkSync('../run', join(root, 'sub/link'));
    utimesSync(join(root, 'run'), 981173106, 981173106);
  }

  test('a tree goes up, to another pod and down again, with modes, times and links', async () => {
    const cwd = bench.fresh();
    makeTree(join(cwd, 'tree'));
    writeFileSync(join(cwd, 'tree/big'), randomBytes(3 << 20));
    await bench.copies(join(cwd, 'tree'), 'one:/tmp/tree');
    await bench.copies('one:/tmp/tree', 'old:/tmp/tree');
    await bench.copies('old:/tmp/tree', join(cwd, 'back'));
    assert.deepEqual(listTree(join(cwd, 'back')), listTree(join(cwd, 'tree')));
    const stat = statSync(join(cwd, 'back/run'));
    assert.deepEqual([stat.mode & 0o777, Math.floor(stat.mtimeMs / 1000)], [0o755, 981173106]);
    assert.ok(lstatSync(join(cwd, 'back/sub/link')).isSymbolicLink());
  });

  test('--no-preserve keeps neither modes nor times', async () => {
    const cwd = bench.fresh();
    makeTree(join(cwd, 'tree'));
    const begun = Math.floor(Date.now() / 1000) - 5;
    await bench.copies('--no-preserve', join(cwd, 'tree/run'), 'one:/tmp/plain');
    assert.ok(Number(await bench.inPod('one', 'stat -c %Y /tmp/plain')) >= begun);
    await bench.copies(join(cwd, 'tree/run'), 'one:/tmp/kept');
    assert.equal(await bench.inPod('one', 'stat -c "%a %Y" /tmp/kept'), '755 981173106\n');
    await bench.copies('--no-preserve', 'one:/tmp/kept', join(cwd, 'down'));
    assert.ok(statSync(join(cwd, 'down')).mtimeMs / 1000 >= begun);
  });

  test('- is stdin or stdout, as one file', async () => {
    const cwd = bench.fresh();
    const bytes = randomBytes(1 << 20);
    const up = await bench.cp(['-', 'one:/tmp/from-stdin'], { stdin: bytes });
    assert.deepEqual([up.code, up.stdout.toString(), up.stderr], [0, '', '']);
    const down = await bench.cp(['one:/tmp/from-stdin', '-']);
    assert.deepEqual([down.code, down.stderr], [0, '']);
    assert.ok(down.stdout.equals(bytes));
    const nothing = await bench.cp(['-', 'one:/tmp/empty'], { stdin: '' });
    assert.equal(nothing.code, 0);
    assert.equal(await bench.inPod('one', 'wc -c </tmp/empty'), '0\n');
    const piped = await shell('"$KX" cp one:/tmp/from-stdin - | "$KX" cp - old:/tmp/through', cwd);
    assert.deepEqual([piped.code, piped.stderr], [0, '']);
    const sums = await Promise.all([
      bench.inPod('one', 'sha256sum </tmp/from-stdin'),
      bench.inPod('old', 'sha256sum </tmp/through'),
    ]);
    assert.equal(sums[0], sums[1]);
  });

  test('a reader of stdout that leaves ends kx quietly', async () => {
    await bench.inPod('one', 'head -c 5000000 /dev/zero | tr "\\000" x >/tmp/long');
    const script = '{ "$KX" cp one:/tmp/long -; echo $? >&2; } | head -c 10';
    const { stdout, stderr } = await shell(script, bench.fresh());
    assert.deepEqual([stdout.toString(), stderr], ['xxxxxxxxxx', '141\n']);
  });

  test('a pattern is expanded in the container, whatever the names there are', async () => {
    await bench.inPod(
      'one',
      'mkdir -p /tmp/g; cd /tmp/g; for f in a.log "b c.log" "\\$(x).log" no.txt; do echo "$f" >"$f"; done',
    );
    const cwd = bench.fresh();
    await bench.copies('one:/tmp/g/*.log', `${cwd}/`);
    assert.deepEqual(readdirSync(cwd).sort(), ['$(x).log', 'a.log', 'b c.log']);
    await bench.copies('one:/tmp/g/n?.t[x]t', join(cwd, 'single'));
    assert.equal(readFileSync(join(cwd, 'single')).toString(), 'no.txt\n');
    await bench.inPod(
      'one',
      'cd /tmp/g; echo star >"s*r"; echo other >sour; echo bracket >"b[1]"; echo back >"b\\\\s"',
    );
    await bench.copies('one:/tmp/g/s[*]r', 'one:/tmp/g/b[1]', 'one:/tmp/g/b\\s', `${cwd}/names/`);
    assert.deepEqual(listTree(join(cwd, 'names')), ['b[1] = bracket\n', 'b\\s = back\n', 's*r = star\n']);
  });

  test('--exclude, --include and --exclude-from choose', async () => {
    const cwd = bench.fresh();
    makeTree(join(cwd, 'tree'));
    for (const name of ['a.log', 'b.log', 'keep.log', 'c.tmp', 'sub/d.log'])
      writeFileSync(join(cwd, 'tree', name), name);
    writeFileSync(join(cwd, 'patterns'), '# comment\n*.tmp\n/sub\n');
    const flags = ['--exclude', '*.log', '--exclude', '!keep.log', '--exclude-from', join(cwd, 'patterns')];
    await bench.copies(...flags, join(cwd, 'tree'), 'one:/tmp/chosen');
    assert.equal(await bench.inPod('one', 'cd /tmp/chosen; ls -A | tr "\\n" " "'), 'keep.log run ');
    await bench.copies(join(cwd, 'tree'), 'one:/tmp/all');
    await bench.copies('--include', '*.log', 'one:/tmp/all', join(cwd, 'logs'));
    const files = listTree(join(cwd, 'logs')).filter((line) => line.includes(' = '));
    assert.deepEqual(files, ['a.log = a.log', 'b.log = b.log', 'keep.log = keep.log', 'sub/d.log = sub/d.log']);
  });

  test('--max-size and --max-files end a copy', async () => {
    await bench.inPod('one', 'mkdir -p /tmp/m; cd /tmp/m; for i in 1 2 3; do head -c 1000 /dev/zero >$i; done');
    for (const flag of ['--max-size=2k', '--max-files=2']) {
      const { code, stderr } = await bench.cp([flag, 'one:/tmp/m', join(bench.fresh(), 'm')]);
      assert.equal(code, 125);
      assert.match(stderr, new RegExp(`^error: .* \\[KX_COPY_\\w+\\]\nhint: .*${flag.slice(0, 7)}`));
    }
    await bench.copies('--max-size=3k', '--max-files=3', 'one:/tmp/m', join(bench.fresh(), 'm'));
  });

  test('--dry-run says what would be copied, and copies nothing', async () => {
    const cwd = bench.fresh();
    const { code, stdout, stderr } = await bench.cp(['--dry-run', 'one:/etc/passwd', 'one:/etc/.', 'x/'], { cwd });
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout.toString(), 'one:/etc/passwd -> x/passwd\none:/etc/. -> x\n');
    assert.deepEqual(readdirSync(cwd), []);
  });

  test('the container is chosen as kubectl does, and is said', async () => {
    const cwd = bench.fresh();
    const { code, stderr } = await bench.cp(['two:/etc/passwd', join(cwd, 'p')]);
    assert.deepEqual([code, stderr], [0, 'Defaulted container "a" out of: a, b\n']);
    await bench.copies('-q', 'two:/etc/passwd', join(cwd, 'q'));
    await bench.copies('-c', 'b', 'two:/etc/passwd', join(cwd, 'b'));
  });

  test('a symlink that is named is followed, and one in a tree is kept', async () => {
    await bench.inPod(
      'one',
      'mkdir -p /tmp/s/real; echo x >/tmp/s/real/f; ln -sfn real /tmp/s/dir; ln -sf real/f /tmp/s/file',
    );
    const cwd = bench.fresh();
    await bench.copies('one:/tmp/s/dir', 'one:/tmp/s/file', `${cwd}/`);
    assert.deepEqual(listTree(cwd), ['dir/', 'dir/f = x\n', 'file = x\n']);
    symlinkSync('dir', join(cwd, 'link'));
    await bench.copies(join(cwd, 'link'), 'one:/tmp/s/up');
    assert.equal(await bench.inPod('one', 'cat /tmp/s/up/f'), 'x\n');
    assert.equal((await bench.cp(['one:/tmp/s/file', '-'])).stdout.toString(), 'x\n');
  });

  test('what cannot be copied is said, and the rest is copied', async () => {
    const cwd = bench.fresh();
    mkdirSync(join(cwd, 'tree'));
    execFileSync('mkfifo', [join(cwd, 'tree/fifo')]);
    writeFileSync(join(cwd, 'tree/file'), '');
    const { code, stderr } = await bench.cp(['tree', 'one:/tmp/fifos'], { cwd });
    assert.deepEqual([code, await bench.inPod('one', 'ls /tmp/fifos')], [0, 'file\n']);
    assert.match(stderr, /^warning: tree\/fifo: [^\n]*\n$/);
    const quiet = await bench.cp(['-q', 'tree', 'one:/tmp/fifos2'], { cwd });
    assert.deepEqual([quiet.code, quiet.stderr], [0, '']);
  });
});
