import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { Entry, Problem, TreeReader } from '../../../src/lib/copy/entry.ts';
import { emptyBody } from '../../../src/lib/copy/entry.ts';
import { listLocalTree, listRemoteTree } from '../../../src/lib/copy/listing.ts';
import { createRetry } from '../../../src/lib/copy/retry.ts';
import { compareSums, sumLocalTree, sumRemoteTree } from '../../../src/lib/copy/sums.ts';
import { sameBySum, sameByTime, skipSame } from '../../../src/lib/copy/update.ts';
import { localTransport, type LocalTransportOptions } from '../../support/local-transport.ts';

const root = mkdtempSync(join(tmpdir(), 'kx-compare-'));
after(() => rmSync(root, { recursive: true }));
const odd = Buffer.concat([Buffer.from(`${root}/tree/b\xe9`, 'latin1')]);
mkdirSync(join(root, 'tree/sub dir'), { recursive: true });
writeFileSync(join(root, 'tree/a'), 'one');
writeFileSync(join(root, "tree/sub dir/it's"), 'two');
writeFileSync(join(root, 'tree/-n'), '');
writeFileSync(join(root, 'tree/back\\slash'), 'three');
writeFileSync(odd, 'four');
symlinkSync('a', join(root, 'tree/link'));
utimesSync(join(root, 'tree/a'), 1e9, 1e9 + 0.75);

const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
const remote = (options: LocalTransportOptions = {}, tries = 0) => {
  const signal = new AbortController().signal;
  const retry = createRetry(tries, signal, () => {});
  return { transport: localTransport(options), target: { namespace: 'n', pod: 'p' }, signal, retry };
};
const files = ['-n', 'a', 'back\\slash', 'b\xe9', "sub dir/it's"];

suite('what is at both ends', () => {
  test('a tree lists alike here and in a container', async () => {
    const here = listLocalTree(join(root, 'tree'));
    const { listing: there, exact } = await listRemoteTree(remote(), join(root, 'tree'));
    assert.ok(exact);
    const sorted = (listing: typeof here): unknown[] => [...listing].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(there), sorted(here));
    assert.deepEqual(here.get('a'), { kind: 'file', size: 3, mtime: 1e9 });
    assert.equal(here.get('sub dir')?.kind, 'directory');
    assert.equal(here.get('link')?.kind, 'symlink');
  });

  test('a file lists as the root, and what is missing as nothing', async () => {
    const path = join(root, 'tree/a');
    assert.deepEqual([...(await listRemoteTree(remote(), path)).listing], [...listLocalTree(path)]);
    const { listing, exact } = await listRemoteTree(remote(), join(root, 'no'));
    assert.deepEqual([listing.size, exact], [0, false]);
    assert.equal(listLocalTree(join(root, 'no')).size, 0);
  });

  test('sums are of every file, whatever its name, here and in a container', async () => {
    const here = await sumLocalTree(join(root, 'tree'));
    const there = await sumRemoteTree(remote(), join(root, 'tree'));
    assert.deepEqual([...here.keys()].sort(), files);
    for (const path of files) assert.equal(there.get(path), here.get(path), path);
    assert.equal(here.get('a'), sum('one'));
    assert.deepEqual([...(await sumRemoteTree(remote(), join(root, 'tree/a')))], [['', sum('one')]]);
  });

  test('what is missing has no sums, and a container that cannot compute them is an error', async () => {
    assert.equal((await sumRemoteTree(remote(), join(root, 'no'))).size, 0);
    const bin = join(root, 'bin');
    mkdirSync(bin);
    for (const name of ['dash', 'find']) symlinkSync(`/usr/bin/${name}`, join(bin, name === 'dash' ? 'sh' : name));
    await assert.rejects(sumRemoteTree(remote({ path: bin }), join(root, 'tree/a')), { code: 'KX_COPY_SOURCE' });
  });

  test('a lost connection is made again', async () => {
    const lossy = remote({ cut: (exec) => (exec === 0 ? { down: 60 } : {}) }, 1);
    assert.equal((await sumRemoteTree(lossy, join(root, 'tree'))).get('a'), sum('one'));
  });

  test('what differs, or is at one end only, is told', () => {
    const problems: Problem[] = [];
    const sums = (entries: Record<string, string>) => new Map(Object.entries(entries));
    const different = compareSums(
      ['same', 'other', 'gone', 'new'],
      sums({ same: '1', other: '1', gone: '1' }),
      sums({ same: '1', other: '2', new: '1' }),
      (problem) => problems.push(problem),
    );
    assert.equal(different, 3);
    assert.deepEqual(
      problems.map(({ path, message }) => `${path} ${message}`),
      ['other checksum: differs', 'gone checksum: is not at the destination', 'new checksum: is gone from the source'],
    );
  });
});

suite('what need not be copied', () => {
  const entry = (path: string, more: Partial<Entry> = {}): Entry => ({
    ...{ path, kind: 'file', mode: 0o644, mtime: 1e9 + 0.5, uid: 0, gid: 0, size: 3, linkTarget: '', body: emptyBody },
    ...more,
  });
  const reader = (...entries: Entry[]): TreeReader => ({
    // eslint-disable-next-line @typescript-eslint/require-await
    async *entries() {
      yield* entries;
    },
  });
  const paths = async (from: TreeReader): Promise<string[]> => {
    const all: string[] = [];
    for await (const { path } of from.entries()) all.push(path);
    return all;
  };

  test('is a file of the same size and second', async () => {
    const there = listLocalTree(join(root, 'tree'));
    const skipped: string[] = [];
    const all = reader(
      entry('a'),
      entry('a', { size: 4 }),
      entry('a', { mtime: 1e9 + 1 }),
      entry('sub dir', { kind: 'directory', size: 0 }),
      entry('new'),
    );
    const left = await paths(skipSame(all, sameByTime(there), ({ path }) => skipped.push(path)));
    assert.deepEqual([left, skipped], [['a', 'a', 'sub dir', 'new'], ['a']]);
  });

  test('is a file of the same sum, and none without one', async () => {
    const isSame = sameBySum(new Map([['a', '1'], ['b', '2']]), new Map([['a', '1'], ['b', '3']])); // prettier-ignore
    assert.deepEqual(await paths(skipSame(reader(entry('a'), entry('b'), entry('c')), isSame, () => {})), ['b', 'c']);
  });
});
