import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readRemoteForest, type RemotePart } from '../../../src/lib/copy/from-container/remote-forest.ts';
import type { SendingOptions } from '../../../src/lib/copy/from-container/sent-tree.ts';
import { placeMember } from '../../../src/lib/copy/from-container/roots.ts';
import {
  folder,
  localEnd,
  makeTree,
  readFacts,
  senderPrograms,
  senderWays as ways,
  treeFacts,
  type Facts,
  type TestEnd,
} from './support/sent-tree.ts';

function options(from: TestEnd, more: Partial<SendingOptions> = {}): SendingOptions {
  return { filter: () => true, report: from.report, tar: true, ...more };
}

const part = (path: string, into: string, more: Partial<RemotePart> = {}): RemotePart => ({
  ...{ path, into, shown: path, kind: 'file', symlink: false },
  ...more,
});

/** The facts of trees, each below a name. */
function placed(trees: Readonly<Record<string, Facts>>): Facts {
  const all = Object.entries(trees).flatMap(([into, facts]) =>
    Object.entries(facts).map(([path, fact]) => [path === '' ? into : `${into}/${path}`, fact]),
  );
  return Object.fromEntries(all) as Facts;
}

suite('several things read out of a container', () => {
  for (const programs of ways) {
    test(`come as one tree, through cuts, with ${programs.name}`, async (context) => {
      const root = folder(context);
      makeTree(join(root, 'tree'), 300_000);
      mkdirSync(join(root, 'other/deep'), { recursive: true });
      writeFileSync(join(root, 'other/deep/x'), 'x');
      writeFileSync(join(root, 'one'), 'one');
      writeFileSync(join(root, "it's $(touch pwned) *"), 'odd');
      symlinkSync('one', join(root, 'link'));
      symlinkSync('tree', join(root, 'tree-link'));
      const tree = treeFacts(join(root, 'tree'));
      const at = (name: string): Facts => treeFacts(join(root, name));
      const parts = [
        part(`${root}//tree/`, 'tree', { kind: 'directory' }),
        part(`${root}/other/deep`, 'deep', { kind: 'directory' }),
        part(`${root}/tree-link`, 'again', { kind: 'directory', symlink: true }),
        part(`${root}/one`, 'one'),
        part(`${root}/it's $(touch pwned) *`, 'odd'),
        part(`${root}/link`, 'followed', { symlink: true }),
      ];
      const facts = placed({
        ...{ tree, again: tree, deep: at('other/deep'), one: at('one') },
        ...{ odd: at("it's $(touch pwned) *"), followed: at('one') },
      });
      for (const cuts of [[], [2000, 40_000, 400_000]]) {
        const from = localEnd({
          programs,
          cwd: '/',
          cut: (exec) => (cuts[exec] === undefined ? {} : { down: cuts[exec] }),
        });
        const read = await readFacts(readRemoteForest(from.end, parts, options(from, { tar: programs.tar })));
        assert.deepEqual(read, facts, programs.name);
        const said = from.problems.filter(({ message }) => !/special|socket|FIFO/.test(message));
        assert.deepEqual(said, []);
      }
    });

    test(`say what of them is gone, and the others come, with ${programs.name}`, async (context) => {
      const root = folder(context);
      for (const name of ['a', 'c']) writeFileSync(join(root, name), name);
      mkdirSync(join(root, 'd'));
      const from = localEnd({ programs, cwd: root });
      const parts = [part('a', 'a'), part('b', 'b'), part('c', 'c'), part('d', 'd', { kind: 'directory' })];
      const gone = part('./e', 'e', { kind: 'directory' });
      const read = await readFacts(readRemoteForest(from.end, [...parts, gone], options(from, { tar: programs.tar })));
      assert.deepEqual(Object.keys(read).sort(), ['a', 'c', 'd']);
      assert.deepEqual(from.problems.map(({ level, path }) => `${level} ${path}`).sort(), ['failure b', 'failure e']);
    });

    test(`are chosen by the filter below each, with ${programs.name}`, async (context) => {
      const root = folder(context);
      for (const name of ['x', 'y']) {
        mkdirSync(join(root, name, 'x'), { recursive: true });
        writeFileSync(join(root, name, 'x/f'), 'f');
        writeFileSync(join(root, name, 'g'), 'g');
      }
      const from = localEnd({ programs, cwd: '/' });
      const parts = ['x', 'y'].map((name) => part(`${root}/${name}`, name, { kind: 'directory' }));
      const filter = (path: string): boolean => path !== 'x';
      const read = await readFacts(readRemoteForest(from.end, parts, options(from, { filter, tar: programs.tar })));
      assert.deepEqual(Object.keys(read).sort(), ['x', 'x/g', 'y', 'y/g']);
    });

    test(`are only what is asked for of each, with ${programs.name}`, async (context) => {
      const root = folder(context);
      mkdirSync(join(root, 'd'));
      for (const name of ['a', 'b', 'd/e', 'd/f']) writeFileSync(join(root, name), name);
      const from = localEnd({ programs, cwd: '/' });
      const only = [
        part(`${root}/a`, 'a', { only: [''] }),
        part(`${root}/b`, 'b', { only: [] }),
        part(`${root}/d`, 'd', { kind: 'directory', only: ['', 'f'] }),
      ];
      const read = await readFacts(readRemoteForest(from.end, only, options(from, { tar: programs.tar })));
      assert.deepEqual(Object.keys(read).sort(), ['a', 'd', 'd/f']);
      assert.deepEqual(from.problems, []);
    });
  }

  test('take one exec, however many they are, and no name is in its command line', async (context) => {
    const root = folder(context);
    const names = Array.from({ length: 10_000 }, (_, index) => `file-${index}`);
    for (const name of names) writeFileSync(join(root, name), name);
    const from = localEnd({ programs: senderPrograms('dash', 'tar'), cwd: '/' });
    const parts = names.map((name) => part(`${root}/${name}`, name));
    const read = await readFacts(readRemoteForest(from.end, parts, options(from)));
    assert.equal(Object.keys(read).length, 10_000);
    assert.equal((from.end.transport as unknown as { execs: number }).execs, 1);
  });

  test('come one by one where a list cannot have them: within another, above, with a newline', async (context) => {
    const root = folder(context);
    mkdirSync(join(root, 'd/e'), { recursive: true });
    writeFileSync(join(root, 'd/e/f'), 'f');
    writeFileSync(join(root, 'two\nlines'), 'x');
    const from = localEnd({ programs: senderPrograms('dash', 'tar'), cwd: join(root, 'd') });
    const parts = [
      part(root + '/d', 'd', { kind: 'directory' }),
      part(root + '/d/e', 'e', { kind: 'directory' }),
      part(root + '/d/e/f', 'f'),
      part(root + '/two\nlines', 'lines'),
      part('../d/e', 'up', { kind: 'directory' }),
    ];
    const read = await readFacts(readRemoteForest(from.end, parts, options(from)));
    const files = ['d', 'd/e', 'd/e/f', 'e', 'e/f', 'f', 'lines', 'up', 'up/f'];
    assert.deepEqual(Object.keys(read).sort(), files);
    assert.deepEqual(from.problems, []);
  });

  test('a device among them is said, and the others come', async (context) => {
    const root = folder(context);
    writeFileSync(join(root, 'a'), 'a');
    const from = localEnd({ programs: senderPrograms('dash', 'tar'), cwd: '/' });
    const parts = [part('/dev/null', 'null', { kind: 'other' }), part(`${root}/a`, 'a')];
    assert.deepEqual(Object.keys(await readFacts(readRemoteForest(from.end, parts, options(from)))), ['a']);
    assert.deepEqual(
      from.problems.map(({ level, path }) => `${level} ${path}`),
      ['failure null'],
    );
  });

  test('a container that sends what nobody asked for is not believed', async (context) => {
    const root = folder(context);
    for (const name of ['a', 'b']) writeFileSync(join(root, name), name);
    const programs = senderPrograms('bash', 'tar');
    rmSync(join(programs.path, 'tar'));
    writeFileSync(
      join(programs.path, 'tar'),
      `#!/bin/sh\ncase $1 in --version) echo "tar (GNU tar) 1.34";; *) exec /bin/tar -C / -cf - .${root}/a .${root}/b;; esac\n`,
      { mode: 0o755 },
    );
    const from = localEnd({ programs, cwd: '/' });
    await assert.rejects(readFacts(readRemoteForest(from.end, [part(`${root}/a`, 'a')], options(from))), {
      code: 'KX_COPY_UNSAFE_PATH',
    });
    const roots = new Map([['./a/.', { into: 'a', isFile: false }]]);
    assert.equal(placeMember('./a/./b/', roots).path, 'a/b');
    for (const member of ['./a/../b', './a/./../b', './a', './ab', './a/.//b', '/a/./b']) {
      assert.throws(() => placeMember(member, roots), { code: 'KX_COPY_UNSAFE_PATH' }, member);
    }
  });
});
