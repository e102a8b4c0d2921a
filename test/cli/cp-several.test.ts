import assert from 'node:assert/strict';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { listTree, startCopyBench, type CopyBench } from '../support/copies.ts';

suite('kx cp with several sources', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench();
  });

  /** How often a command was run in a container. */
  const execs = (stderr: string): number => stderr.match(/^(?:GET|POST) .*\/exec\?.* 101 /gm)?.length ?? 0;

  test('a pattern takes one command to look and one to copy, up one more, however many files there are', async () => {
    await bench.inPod(
      'one',
      'mkdir -p /tmp/many/dir; cd /tmp/many; for i in $(seq 300); do echo $i >f$i; done; echo x >dir/x',
    );
    const cwd = bench.fresh();
    const down = await bench.cp(['--v=7', 'one:/tmp/many/*', `${cwd}/`]);
    assert.deepEqual([down.code, listTree(cwd).length], [0, 302]);
    assert.equal(execs(down.stderr), 2);
    const files = listTree(cwd).flatMap((line) => (line.startsWith('f') ? [join(cwd, line.replace(/ .*/s, ''))] : []));
    const up = await bench.cp(['--v=7', ...files, join(cwd, 'dir'), 'one:/tmp/up/']);
    assert.deepEqual([up.code, execs(up.stderr)], [0, 2], up.stderr.slice(-1500));
    assert.equal(await bench.inPod('one', 'cd /tmp/up; ls | wc -l; cat f7 f300 dir/x'), '301\n7\n300\nx\n');
    const across = await bench.cp(['--v=7', 'one:/tmp/up/*', 'old:/tmp/across/']);
    assert.deepEqual([across.code, execs(across.stderr)], [0, 4]);
    assert.equal(await bench.inPod('old', 'cd /tmp/across; ls | wc -l; cat f7 f300 dir/x'), '301\n7\n300\nx\n');
  });

  test('what is there keeps its inode, up and down; a directory keeps its mode and time', async () => {
    const cwd = bench.fresh();
    for (const name of ['a', 'b', 'c']) writeFileSync(join(cwd, name), `new ${name}\n`);
    mkdirSync(join(cwd, 'd'));
    writeFileSync(join(cwd, 'd/x'), 'x');
    const prepare =
      'echo old >a; ln a other; echo of >elsewhere; ln -s ../elsewhere c; mkdir -m 711 d; touch -d @981173106 d';
    await bench.inPod('one', `rm -rf /tmp/k; mkdir -p /tmp/k/to; cd /tmp/k/to; ${prepare}; mv elsewhere ..`);
    const sources = ['a', 'b', 'c', 'd'].map((name) => join(cwd, name));
    await bench.copies(...sources, 'one:/tmp/k/to');
    assert.equal(
      await bench.inPod('one', 'cd /tmp/k/to; cat other b ../elsewhere d/x; stat -c "%a %F" c d; rm d/x; stat -c %h a'),
      'new a\nnew b\nnew c\nx777 symbolic link\n711 directory\n2\n',
    );

    const to = join(bench.fresh(), 'to');
    mkdirSync(join(to, 'd'), { recursive: true, mode: 0o711 });
    writeFileSync(join(to, 'a'), 'old');
    linkSync(join(to, 'a'), join(to, 'other'));
    writeFileSync(join(to, '../elsewhere'), 'of');
    symlinkSync('../elsewhere', join(to, 'c'));
    const mode = statSync(join(to, 'd')).mode;
    await bench.inPod(
      'one',
      'cd /tmp/k; rm -rf from; mkdir -p from/d; cd from; for f in a b c d/x; do echo $f >$f; done; chmod 700 d',
    );
    await bench.copies(...['a', 'b', 'c', 'd'].map((name) => `one:/tmp/k/from/${name}`), to);
    assert.deepEqual(listTree(to), ['a = a\n', 'b = b\n', 'c -> ../elsewhere', 'd/', 'd/x = d/x\n', 'other = a\n']);
    assert.equal(readFileSync(join(to, '../elsewhere'), 'utf8'), 'c\n');
    assert.equal(statSync(join(to, 'd')).mode, mode);
  });

  test('one that cannot be read or written is said, and the others are copied', async () => {
    await bench.inPod('one', 'rm -rf /tmp/p; mkdir /tmp/p; cd /tmp/p; echo a >a; echo c >c; mkfifo fifo');
    const cwd = bench.fresh();
    const down = await bench.cp(['one:/tmp/p/*', `${cwd}/`]);
    assert.equal(down.code, 125);
    assert.match(down.stderr, /^error: one:\/tmp\/p\/fifo: [^\n]*\nerror: 1 of 3 files[^\n]* \[KX_COPY_INCOMPLETE\]\n/);
    assert.deepEqual(listTree(cwd), ['a = a\n', 'c = c\n']);
    mkdirSync(join(cwd, 'a2/c'), { recursive: true });
    const blocked = await bench.cp(['one:/tmp/p/a', 'one:/tmp/p/c', join(cwd, 'a2')]);
    assert.match(blocked.stderr, /^error: .*a2\/c: not written: a directory is where a file is to be\nerror: 1 of 2 /);
    assert.deepEqual(listTree(join(cwd, 'a2')), ['a = a\n', 'c/']);
    const up = await bench.cp([join(cwd, 'a'), join(cwd, 'c'), 'one:/tmp/p/up/']);
    assert.equal(up.code, 0);
    await bench.inPod('one', 'cd /tmp/p/up; rm c a; mkdir c');
    const refused = await bench.cp([join(cwd, 'a'), join(cwd, 'c'), 'one:/tmp/p/up']);
    assert.match(refused.stderr, /^error: .*\/tmp\/p\/up\/c.* it is a directory \[KX_COPY_DESTINATION\]\n/);
    assert.equal(await bench.inPod('one', 'ls /tmp/p/up'), 'c\n');
  });

  test('no source writes through a symlink that another has brought', async () => {
    await bench.inPod(
      'one',
      'rm -rf /tmp/h; mkdir -p /tmp/h/d /tmp/h/x; cd /tmp/h; ln -s "$1" d/x; echo harm >x/file; ln -s /no/where d/y; echo y >y',
    );
    const cwd = bench.fresh();
    mkdirSync(join(cwd, 'outside'));
    mkdirSync(join(cwd, 'to'));
    await bench.inPod('one', `cd /tmp/h; rm d/x; ln -s ${cwd}/outside d/x`);
    const { code, stderr } = await bench.cp(['one:/tmp/h/d/.', 'one:/tmp/h/x', 'one:/tmp/h/y', `${cwd}/to`]);
    assert.equal(code, 125);
    assert.match(stderr, /to\/x: not written: a symlink is where a directory is to be, and is not followed\n/);
    assert.deepEqual(listTree(join(cwd, 'outside')), []);
    assert.equal(readFileSync(join(cwd, 'to/y'), 'utf8'), 'y\n');
    assert.ok(lstatSync(join(cwd, 'to/x')).isSymbolicLink());
  });

  test('--update and --checksum leave out what is the same of each, --dry-run copies nothing', async () => {
    await bench.inPod('one', 'rm -rf /tmp/u; mkdir -p /tmp/u/d; cd /tmp/u; for f in a b d/e d/f; do echo $f >$f; done');
    const cwd = bench.fresh();
    const words = ['one:/tmp/u/*', `${cwd}/`];
    await bench.copies(...words);
    writeFileSync(join(cwd, 'b'), 'changed');
    writeFileSync(join(cwd, 'd/f'), 'changed');
    utimesSync(join(cwd, 'a'), 1, 1);
    for (const flags of [['--update', '--checksum'], ['--update'], ['--resume']]) {
      const { code, stderr } = await bench.cp([...flags, '--progress=plain', ...words]);
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        flags.length === 2 ? /copied 2 files/ : flags[0] === '--update' ? /copied 1 file,/ : /copied 0 files/,
      );
      assert.deepEqual(listTree(cwd), ['a = a\n', 'b = b\n', 'd/', 'd/e = d/e\n', 'd/f = d/f\n']);
    }
    await bench.copies('--update', '--checksum', join(cwd, 'a'), join(cwd, 'd'), 'one:/tmp/u2/');
    await bench.copies('--update', '--checksum', join(cwd, 'a'), join(cwd, 'd'), 'one:/tmp/u2/');
    assert.equal(await bench.inPod('one', 'cd /tmp/u2; cat a d/e d/f'), 'a\nd/e\nd/f\n');
    const dry = await bench.cp(['--dry-run', 'one:/tmp/u/*', 'x/'], { cwd });
    assert.equal(dry.stdout.toString(), 'one:/tmp/u/a -> x/a\none:/tmp/u/b -> x/b\none:/tmp/u/d -> x/d\n');
  });

  test('files behind symlinks, names of all kinds and sources within others come together', async () => {
    await bench.inPod(
      'one',
      'rm -rf /tmp/n; mkdir -p "/tmp/n/d d/e"; cd /tmp/n; echo x >"$(printf "two\\nlines")"; echo q >"a \\"b\' \\$c"; ln -s "a \\"b\' \\$c" link; ln -s "d d" dir; echo f >"d d/e/f"; echo dash >-n',
    );
    const cwd = bench.fresh();
    await bench.copies('one:/tmp/n/*', 'one:/tmp/n/d d/e', 'one:/tmp/n/../n/d d/e/f', `${cwd}/`);
    assert.deepEqual(
      listTree(cwd),
      [
        ...['-n = dash\n', 'a "b\' $c = q\n', 'link = q\n', 'two\nlines = x\n', 'f = f\n', 'e/', 'e/f = f\n'],
        ...['d d', 'dir'].flatMap((name) => [`${name}/`, `${name}/e/`, `${name}/e/f = f\n`]),
      ].sort(),
    );
  });
});
