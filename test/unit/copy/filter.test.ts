import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createFilter, type FilterOptions } from '../../../src/lib/copy/filter.ts';

function taken(options: Partial<FilterOptions>, ...paths: string[]): string[] {
  const filter = createFilter({ exclude: [], include: [], excludeFrom: [], ...options });
  return paths.filter((path) => {
    const name = Buffer.from(path).toString('latin1');
    return filter(name.replace(/\/$/, ''), name.endsWith('/'));
  });
}

suite('createFilter', () => {
  test('without patterns takes everything', () => {
    assert.deepEqual(taken({}, 'a', 'a/', '../a', '/a'), ['a', 'a/', '../a', '/a']);
  });

  test('leaves out what a pattern of exclude fits, and what is in such a directory', () => {
    const paths = ['a.log', 'src/b.log', 'node_modules/', 'node_modules/x', 'src/node_modules/x', 'a.txt'];
    assert.deepEqual(taken({ exclude: ['*.log', 'node_modules'] }, ...paths), ['a.txt']);
  });

  test('knows the anchors, directories, double stars and negations of gitignore', () => {
    const exclude = ['/top', 'build/', 'docs/**/old', '*.tmp', '!keep.tmp'];
    const paths = ['top', 'a/top', 'build/', 'build', 'docs/a/b/old', 'x.tmp', 'keep.tmp'];
    assert.deepEqual(taken({ exclude }, ...paths), ['a/top', 'build', 'keep.tmp']);
  });

  test('tells upper from lower case', () => {
    assert.deepEqual(taken({ exclude: ['README'] }, 'README', 'readme'), ['readme']);
  });

  test('reads files of patterns after exclude: comments, CRLF and a byte order mark too', () => {
    const excludeFrom = ['\uFEFF# comment\r\n*.o\r\n\r\n!a.txt\r\n', '*.tmp\n'];
    assert.deepEqual(taken({ exclude: ['*.txt'], excludeFrom }, 'a.txt', 'b.txt', 'c.o', 'd.tmp', '# comment'), [
      'a.txt',
      '# comment',
    ]);
  });

  test('takes only files that include fits, and walks directories', () => {
    const paths = ['a.log', 'sub/', 'sub/b.log', 'sub/b.txt', 'conf/', 'conf/any'];
    assert.deepEqual(taken({ include: ['*.log', 'conf/'] }, ...paths), [
      'a.log',
      'sub/',
      'sub/b.log',
      'conf/',
      'conf/any',
    ]);
  });

  test('leaves out what both exclude and include fit', () => {
    assert.deepEqual(taken({ include: ['*.log'], exclude: ['b*'] }, 'a.log', 'b.log', 'big/', 'c.txt'), ['a.log']);
  });

  test('always takes the root', () => {
    assert.deepEqual(taken({ exclude: ['*'], include: ['nothing'] }, '', 'a'), ['']);
  });

  test('compares names as UTF-8, and bytes that are not do not stop it', () => {
    assert.deepEqual(taken({ exclude: ['caf?', 'grüße'] }, 'café', 'grüße', 'tea'), ['tea']);
    const filter = createFilter({ exclude: ['bad-*'], include: [], excludeFrom: [] });
    assert.deepEqual([filter('bad-\xff', false), filter('good-\xff', false)], [false, true]);
  });

  test('does not throw for a name that leads out', () => {
    assert.deepEqual(taken({ exclude: ['x'] }, '../a', '/a', './a', 'a//b'), ['../a', '/a', './a', 'a//b']);
  });
});
