import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { baseName, endsAsDirectory, planCopy, type SourceFact } from '../../../src/lib/copy/index.ts';
import { KxError } from '../../../src/lib/errors/index.ts';

const file = (path: string): SourceFact => ({ path, kind: 'file' });
const directory = (path: string): SourceFact => ({ path, kind: 'directory' });

type Kind = 'absent' | 'file' | 'directory';

const planned = (sources: readonly SourceFact[], path: string, kind: Kind): string => {
  const { destinations, directory } = planCopy(sources, { path, kind });
  return (directory === undefined ? '' : `into ${directory}: `) + destinations.join(', ');
};

suite('where a copy goes', () => {
  const [aFile, aDirectory] = [file('src/f'), directory('src/d')];
  const cases: readonly [what: string, sources: readonly SourceFact[], path: string, kind: Kind, becomes: string][] = [
    ['a file to a name that is free', [aFile], 'x', 'absent', 'x'],
    ['a file over a file', [aFile], 'x', 'file', 'x'],
    ['a file into a directory', [aFile], 'x', 'directory', 'x/f'],
    ['a file into a directory with a slash', [aFile], 'x/', 'directory', 'x/f'],
    ['a file to a missing directory with a slash', [aFile], 'x/', 'absent', 'into x: x/f'],
    ['a directory to a name that is free', [aDirectory], 'x', 'absent', 'x'],
    ['a directory to a free name with a slash', [aDirectory], 'x/', 'absent', 'x'],
    ['a directory into a directory', [aDirectory], 'x', 'directory', 'x/d'],
    ['a directory with a slash into a directory', [directory('src/d/')], 'x', 'directory', 'x/d'],
    ['the contents of a directory to a free name', [directory('src/d/.')], 'x', 'absent', 'x'],
    ['the contents of a directory into a directory', [directory('src/d/.')], 'x/', 'directory', 'x'],
    ['the working directory into a directory', [directory('.')], 'x', 'directory', 'x'],
    ['the directory above into a directory', [directory('..')], 'x', 'directory', 'x'],
    ['the root into a directory', [directory('/')], 'x', 'directory', 'x'],
    ['a file into the root', [aFile], '/', 'directory', '/f'],
    ['a file into the working directory', [aFile], '.', 'directory', './f'],
    ['several sources into a directory', [aFile, aDirectory], 'x', 'directory', 'into x: x/f, x/d'],
    ['several sources to a missing directory with a slash', [aFile, aDirectory], 'x//', 'absent', 'into x: x/f, x/d'],
    [
      'the contents of two directories into one',
      [directory('a/.'), directory('b/.')],
      'x',
      'directory',
      'into x: x, x',
    ],
  ];
  for (const [what, sources, path, kind, becomes] of cases) {
    test(`${what}: ${becomes}`, () => assert.equal(planned(sources, path, kind), becomes));
  }

  const refusals: readonly [
    what: string,
    sources: readonly SourceFact[],
    path: string,
    kind: Kind,
    code: string,
    says: RegExp,
  ][] = [
    ['a file to a file with a slash', [aFile], 'x/', 'file', 'KX_COPY_DESTINATION', /^x is not a directory/],
    ['a directory over a file', [aDirectory], 'x', 'file', 'KX_COPY_DESTINATION', /cannot overwrite x.*src\/d/],
    ['several sources to a file', [aFile, aFile], 'x', 'file', 'KX_COPY_DESTINATION', /^x is not a directory/],
    ['several sources to a free name', [aFile, aDirectory], 'x', 'absent', 'KX_COPY_DESTINATION', /no directory x/],
    [
      'two sources of one name',
      [file('a/f'), file('b/f')],
      'x',
      'directory',
      'KX_USAGE',
      /a\/f and b\/f would both become x\/f/,
    ],
  ];
  for (const [what, sources, path, kind, code, says] of refusals) {
    test(`${what} is refused`, () => {
      assert.throws(
        () => planned(sources, path, kind),
        (error) => error instanceof KxError && error.code === code && says.test(error.message),
      );
    });
  }

  test('on Windows a backslash separates names too', () => {
    const source = { path: 'C:\\dir\\f', kind: 'file', backslash: true } as const;
    assert.deepEqual(planCopy([source], { path: '/srv', kind: 'directory' }).destinations, ['/srv/f']);
    const into = (path: string) => planCopy([aFile], { path, kind: 'directory', backslash: true }).destinations[0];
    assert.equal(into('C:\\'), 'C:\\f');
    assert.equal(into('C:\\x\\'), 'C:\\x/f');
    assert.equal(into('C:'), 'C:f');
    for (const path of ['C:\\', 'C:', 'D:\\x\\..']) assert.equal(baseName({ path, backslash: true }), '', path);
    assert.equal(baseName({ path: 'a\\b' }), 'a\\b');
  });

  test('a path that ends in a separator, . or .. is a directory', () => {
    for (const path of ['/', 'a/', 'a/.', '.', '..', 'a/..']) assert.ok(endsAsDirectory({ path }), path);
    for (const path of ['a', 'a.', 'a/...', 'a/b', 'a\\']) assert.ok(!endsAsDirectory({ path }), path);
    assert.ok(endsAsDirectory({ path: 'a\\', backslash: true }));
  });
});
