import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeContainer, type Found, type Probe } from '../../../src/lib/copy/probe.ts';
import { shellNames, type Programs } from './support/programs.ts';
import { folder, has, localEnd, makeTree, senderPrograms, withoutRoot, writeShell } from './support/sent-tree.ts';

async function probe(
  programs: Programs,
  cwd: string,
  literal: readonly string[],
  glob: readonly string[] = [],
): Promise<Probe> {
  const paths = [...literal.map((path) => ({ path, glob: false })), ...glob.map((path) => ({ path, glob: true }))];
  return probeContainer(localEnd({ programs, cwd }).end, paths);
}

const names = (found: readonly Found[] | undefined): string[] => (found ?? []).map(({ path }) => path);

for (const shell of shellNames()) {
  const programs = senderPrograms(shell, 'tar');

  test(`${shell} tells what stands at a path`, async (context) => {
    const at = folder(context);
    makeTree(at, 10);
    symlinkSync('fifo', join(at, 'to-fifo'));
    const kinds: Record<string, Partial<Found>> = {
      a: { kind: 'file', symlink: false, writable: true, size: 5 },
      empty: { kind: 'directory', symlink: false },
      'empty/': { kind: 'directory' },
      'empty/.': { kind: 'directory' },
      link: { kind: 'file', symlink: true, size: 5 },
      'link-to-directory': { kind: 'directory', symlink: true },
      'link-to-directory/': { kind: 'directory', symlink: false },
      dangling: { kind: 'dangling', symlink: true },
      fifo: { kind: 'other', symlink: false },
      'to-fifo': { kind: 'other', symlink: true },
      'a/': { kind: 'not-a-directory' },
      'a/b': { kind: 'absent', parentExists: false, writable: false },
      missing: { kind: 'absent', parentExists: true, writable: true },
      'missing///': { kind: 'absent', parentExists: true },
      'missing/more': { kind: 'absent', parentExists: false, writable: false },
      '/missing': { kind: 'absent', parentExists: true },
      [join(at, 'missing')]: { kind: 'absent', parentExists: true },
      '/': { kind: 'directory' },
      '': { kind: 'directory' },
      '-rf': { kind: 'file' },
      'new\nline\n': { kind: 'file' },
      '\xff\xfe not utf-8': { kind: 'file' },
      '*': { kind: 'absent', parentExists: true },
      '!': { kind: 'absent' },
      '(': { kind: 'absent' },
    };
    const { paths } = await probe(programs, at, Object.keys(kinds));
    for (const [index, [path, expected]] of Object.entries(kinds).entries()) {
      const found = paths[index] ?? [];
      assert.equal(found.length, 1, path);
      assert.partialDeepStrictEqual(found[0], { path, ...expected }, path);
    }
  });

  test(`${shell} expands patterns, and takes nothing in them for code`, async (context) => {
    const at = folder(context);
    for (const name of [
      'a.log',
      'b.log',
      '.hidden.log',
      ' x .log',
      'n\n.log',
      '-c.log',
      '\xff.log',
      '$(touch pwned).log',
      '[z]',
    ]) {
      writeFileSync(Buffer.from(join(at, name), 'latin1'), '');
    }
    mkdirSync(join(at, 'd'));
    writeFileSync(join(at, 'd', 'e.log'), '');
    symlinkSync('nothing', join(at, 'd', 'gone.log'));
    const before = readdirSync(at);
    const patterns: Record<string, string[]> = {
      '*.log': [' x .log', '$(touch pwned).log', '-c.log', 'a.log', 'b.log', 'n\n.log', '\xff.log'],
      '?.log': ['a.log', 'b.log', '\xff.log'],
      '[ab].log': ['a.log', 'b.log'],
      '[!ab].log': ['\xff.log'],
      '.h*': ['.hidden.log'],
      '*/*.log': ['d/e.log', 'd/gone.log'],
      'none*': [],
      ' x *': [' x .log'],
      '$(touch pwned)*': ['$(touch pwned).log'],
      '`touch pwned`*': [],
      '; touch pwned; *': [],
      '*"; touch pwned; "': [],
      "*'": [],
      '~*': [],
      '{a,b}.log': [],
      '\\*.log': [],
      'a.log': ['a.log'],
      [`${at}/*a.log`]: [`${at}/a.log`],
    };
    const { paths } = await probe(programs, at, [], Object.keys(patterns));
    for (const [index, [pattern, expected]] of Object.entries(patterns).entries()) {
      assert.deepEqual(names(paths[index]).sort(), [...expected].sort(), pattern);
    }
    assert.deepEqual(readdirSync(at), before);
    assert.deepEqual(
      paths[5]?.map(({ kind }) => kind),
      ['file', 'dangling'],
    );
  });
}

const tars = { tar: 'gnu', busybox: 'busybox', bsdtar: 'bsd', toybox: 'toybox' } as const;
for (const [program, kind] of Object.entries(tars)) {
  test(`the tar of ${program} is known`, { skip: !has(program) }, async () => {
    const { tools, uid } = await probe(senderPrograms('dash', program), '/', []);
    assert.equal(tools.tar, kind);
    assert.equal(uid, process.geteuid?.());
    assert.deepEqual([tools.gzip, tools.find, tools.sha256sum], [true, true, false]);
  });
}

test('a container without tools has none, and a tar that nobody knows is one', async () => {
  const programs = senderPrograms('dash', '', ['gzip', 'find', 'stat']);
  const bare = await probe(programs, '/', ['/etc/passwd']);
  assert.deepEqual(bare.tools.tar, undefined);
  assert.deepEqual([bare.tools.gzip, bare.tools.find], [false, false]);
  assert.equal(bare.paths[0]?.[0]?.size, undefined);
  writeFileSync(join(programs.path, 'tar'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  assert.equal((await probe(programs, '/', [])).tools.tar, 'unknown');
});

test('what may not be written is told', async (context) => {
  const programs = withoutRoot(senderPrograms('dash', 'tar'));
  if (programs === undefined) return context.skip('nobody to be');
  const { paths, uid } = await probe(programs, '/', ['/etc/passwd', '/missing', '/tmp']);
  assert.notEqual(uid, 0);
  assert.deepEqual(
    paths.map(([found]) => found?.writable),
    [false, false, true],
  );
});

test('a container without a shell is told by its error', async () => {
  const programs = senderPrograms('dash', 'tar');
  writeShell(programs, 'exit 127');
  await assert.rejects(probe(programs, '/', ['/']), { code: 'KX_SHELL_MISSING' });
  rmSync(programs.path, { recursive: true });
});
