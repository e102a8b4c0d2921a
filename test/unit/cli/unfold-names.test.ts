import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { unfoldNames } from '../../../src/commands/fanout-exec/unfold-names.ts';
import { foldNames } from '../../../src/lib/render/index.ts';

suite('folded names as targets', () => {
  const cases: [string, readonly string[]][] = [
    ['web-0', ['web-0']],
    ['sts/web', ['sts/web']],
    ['web-[0-2,5]', ['web-0', 'web-1', 'web-2', 'web-5']],
    ['web-[0-1],db-1', ['web-0', 'web-1', 'db-1']],
    ['n[08-11]', ['n08', 'n09', 'n10', 'n11']],
    ['n[8-9,08]', ['n8', 'n9', 'n08']],
    ['r[1-2]-n[1,3]', ['r1-n1', 'r1-n3', 'r2-n1', 'r2-n3']],
    ['node/node-[1-2]', ['node/node-1', 'node/node-2']],
    ['a[5]b', ['a5b']],
    ['/^web-[0-2],?/', ['/^web-[0-2],?/']],
  ];
  for (const [word, names] of cases) {
    test(`${word} is ${names.join(' ')}`, () => assert.deepEqual(unfoldNames(word), names));
  }

  for (const word of [
    'web-[',
    'web-]',
    '[]',
    'a[1-]',
    'a[2-1]',
    'a[x]',
    'a[[1]]',
    'a,',
    ',',
    'a[1-2',
    'a[0-999999999]',
    'a[1-999]b[1-999]',
  ]) {
    test(`${word} is refused`, () =>
      assert.throws(
        () => unfoldNames(word),
        (error) => error instanceof Error && 'code' in error && error.code === 'KX_USAGE',
      ));
  }

  test('is what folding them began with', () => {
    const name = fc
      .array(
        fc.oneof(fc.constantFrom('a', 'b-', 'c.'), fc.nat({ max: 12 }).map(String), fc.constantFrom('00', '08', '010')),
        {
          minLength: 1,
          maxLength: 5,
        },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 30 }), (names) => {
        assert.deepEqual([...unfoldNames(foldNames(names))].sort(), [...new Set(names)].sort());
      }),
      { numRuns: 500 },
    );
  });
});
