import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatBytes, parseSize } from '../../../src/commands/cp/amounts.ts';
import { formatClock } from '../../../src/lib/text/index.ts';
import { createTally, type Tally } from '../../../src/commands/cp/tally.ts';
import { emptyBody, type Entry } from '../../../src/lib/copy/entry.ts';

const entry = (path: string, size = 0, kind: Entry['kind'] = 'file'): Entry => ({
  ...{ path, kind, size, mode: 0o644, mtime: 0, uid: 0, gid: 0, linkTarget: '' },
  body: emptyBody,
});

suite('amounts for people', () => {
  test('bytes', () => {
    const cases = [0, 17, 1023, 1024, 1536, 102_400, 1_048_575, 5 << 20, 2.5 * 2 ** 30, 3 * 2 ** 50].map(formatBytes);
    assert.deepEqual(cases, [
      ...['0 B', '17 B', '1023 B', '1.0 KiB', '1.5 KiB', '100 KiB', '1.0 MiB', '5.0 MiB', '2.5 GiB', '3072 TiB'],
    ]);
  });
  test('times', () => {
    assert.deepEqual([0, 7.4, 754, 3723].map(formatClock), ['0:00', '0:07', '12:34', '1:02:03']);
  });
  test('sizes of flags', () => {
    const cases = {
      0: 0,
      100: 100,
      '1k': 1000,
      '1Ki': 1024,
      '1KiB': 1024,
      '500M': 5e8,
      '1.5Gi': 1_610_612_736,
      '2TB': 2e12,
    };
    for (const [text, bytes] of Object.entries(cases)) assert.equal(parseSize(text, 'max-size'), bytes, text);
    for (const text of ['', 'x', '-1', '1x', '1i', '1 M'])
      assert.throws(() => parseSize(text, 'max-size'), { code: 'KX_USAGE' });
  });
});

suite('what the progress of a copy says', () => {
  const started = (...sizes: (number | undefined)[]): Tally => {
    const tally = createTally(0);
    tally.expect(sizes.length);
    return tally;
  };

  test('of one file: how much of it, the rate and the time left', () => {
    const tally = started(undefined);
    const copy = tally.follow('web:/srv/big');
    copy.onEntry(entry('', 4096));
    copy.onBytes(1024);
    assert.equal(tally.describe(1000, 80), '1.0 KiB of 4.0 KiB  25%  1.0 KiB/s  0:03 left  1 file  web:/srv/big');
  });

  test('of a tree: how many files, and no total', () => {
    const tally = started(undefined);
    const copy = tally.follow('src');
    for (const each of [entry('', 0, 'directory'), entry('a', 10), entry('b', 0, 'symlink'), entry('c/d', 10)]) {
      copy.onEntry(each);
      copy.onBytes(each.size);
    }
    assert.equal(tally.describe(2000, 80), '20 B  10 B/s  2 files  src/c/d');
    assert.deepEqual([tally.entries, tally.files, tally.bytes], [4, 2, 20]);
    assert.equal(tally.summarise(2000), 'copied 2 files, 20 B in 2.0 s (10 B/s)');
  });

  test('of several files: the total is known once all have begun', () => {
    const tally = started(100, 300);
    const first = tally.follow('a', 100);
    first.onEntry(entry('', 100));
    first.onBytes(100);
    assert.match(tally.describe(1000, 80), /^100 B {2}/);
    tally.follow('b', 300);
    assert.match(tally.describe(1000, 80), /^100 B of 400 B {2}25%/);
  });

  test('the rate is that of the last five seconds', () => {
    const tally = started(undefined);
    const copy = tally.follow('x');
    copy.onBytes(1_000_000);
    for (const at of [1000, 2000, 9000, 10_000]) tally.describe(at, 80);
    copy.onBytes(5 * 1024);
    assert.match(tally.describe(14_000, 80), / {2}1\.0 KiB\/s /);
  });

  test('names are cut at their beginning, and fit the width', () => {
    const tally = started(undefined);
    const copy = tally.follow('directory');
    copy.onEntry(entry('with/a/long/path/to/the-file.txt'));
    assert.equal(tally.describe(1000, 40), '0 B  0 B/s  1 file  …ath/to/the-file.txt');
    copy.onEntry(entry(Buffer.from('目录/'.repeat(10)).toString('latin1')));
    assert.equal(tally.describe(1000, 40), '0 B  0 B/s  2 files  …录/目录/目录/目录/');
    assert.equal(tally.describe(1000, 10), '0 B  0 B/s');
  });

  test('names cannot speak to the terminal', () => {
    const tally = started(undefined);
    tally.follow('d').onEntry(entry('a\x1b[2Jb\nc'));
    assert.match(tally.describe(1000, 80), /d\/a\\x1b\[2Jb\\nc$/);
  });
});
