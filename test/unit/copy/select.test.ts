import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Listed } from '../../../src/lib/copy/listing.ts';
import { sameByTime, selectFrom } from '../../../src/lib/copy/update.ts';

const file = (mtime: number, inode?: string): Listed => ({
  ...{ kind: 'file', size: 3, mtime },
  ...(inode === undefined ? {} : { inode }),
});
const directory: Listed = { kind: 'directory', size: 0, mtime: 1 };
const all = (): boolean => true;

suite('what of a tree is sent', () => {
  test('is every directory and link, and the files that the destination does not have, in their order', () => {
    const source = new Map<string, Listed>([
      ['', directory],
      ['d', directory],
      ['d/same', file(1)],
      ['d/new', file(1)],
      ['d/older', file(2)],
      ['link', { kind: 'symlink', size: 3, mtime: 1 }],
      ['pipe', { kind: 'other', size: 0, mtime: 1 }],
    ]);
    const isSame = sameByTime(
      new Map([
        ['d/same', file(1)],
        ['d/older', file(1)],
        ['link', file(1)],
      ]),
    );
    assert.deepEqual(selectFrom(source, isSame, all), {
      send: ['', 'd', 'd/new', 'd/older', 'link'],
      leftOut: ['d/same'],
    });
  });

  test('is every name of a file of which one is missing, as it could not be a hard link to what is not sent', () => {
    const source = new Map<string, Listed>([
      ['', directory],
      ['a', file(1, '1:7')],
      ['b', file(1, '1:7')],
      ['c', file(1, '1:8')],
      ['d', file(1, '1:8')],
    ]);
    const isSame = sameByTime(
      new Map([
        ['a', file(1)],
        ['c', file(1)],
        ['d', file(1)],
      ]),
    );
    assert.deepEqual(selectFrom(source, isSame, all), { send: ['', 'a', 'b'], leftOut: ['c', 'd'] });
  });

  test('is nothing that the filter leaves out', () => {
    const source = new Map<string, Listed>([
      ['', directory],
      ['x', directory],
      ['x/a', file(1)],
      ['y', file(1)],
    ]);
    const filter = (path: string): boolean => !path.startsWith('x');
    assert.deepEqual(
      selectFrom(source, () => false, filter),
      { send: ['', 'y'], leftOut: [] },
    );
  });
});
