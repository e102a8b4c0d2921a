import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { foldNames } from '../../../src/lib/render/index.ts';

suite('folded names', () => {
  const cases: [readonly string[], string][] = [
    [[], ''],
    [['web'], 'web'],
    [['web-0'], 'web-0'],
    [['web-0', 'web-1', 'web-2', 'web-5'], 'web-[0-2,5]'],
    [['web-10', 'web-9', 'web-8'], 'web-[8-10]'],
    [['web-2', 'web-1', 'web-2'], 'web-[1-2]'],
    [['n08', 'n09', 'n10', 'n11'], 'n[08-11]'],
    [['n8', 'n9', 'n08', 'n09', 'n10'], 'n[08-09,8-10]'],
    [['n1', 'n01', 'n001'], 'n[001,01,1]'],
    [['n099', 'n100'], 'n[099-100]'],
    [['db-1', 'web-1', 'db-2', 'web-2'], 'db-[1-2],web-[1-2]'],
    [['r1-n1', 'r1-n2', 'r2-n1', 'r2-n2'], 'r[1-2]-n[1-2]'],
    [['r1-n1', 'r1-n2', 'r2-n1'], 'r1-n[1-2],r2-n1'],
    [['a1b', 'a2b', 'a1', 'a2'], 'a[1-2],a[1-2]b'],
    [['1', '2', '3'], '[1-3]'],
    [['shop/web-0', 'shop/web-1'], 'shop/web-[0-1]'],
    [['x99999999999999999999', 'x100000000000000000000'], 'x[99999999999999999999-100000000000000000000]'],
    [['a[1]', 'a[2]', 'b,1', 'b,2'], 'a[1],a[2],b,1,b,2'],
    [['a[]', 'a1', 'a2'], 'a[],a[1-2]'],
    [['web-\x1b1', 'web-\x1b2'], 'web-\\x1b[1-2]'],
  ];
  for (const [names, folded] of cases) {
    test(`${JSON.stringify(names)} are ${folded}`, () => assert.equal(foldNames(names), folded));
  }

  test('2000 names of a grid are one row', () => {
    const names = Array.from({ length: 2000 }, (_, index) => `rack${Math.floor(index / 40)}-node${index % 40}-a`);
    assert.equal(foldNames(names), 'rack[0-49]-node[0-39]-a');
  });

  test('unfolding gives the same names, each once', () => {
    const word = fc.constantFrom('a', 'b-', '-', 'x.y', '');
    const number = fc.oneof(fc.nat({ max: 12 }).map(String), fc.constantFrom('00', '01', '08', '09', '010', '0'));
    const name = fc.array(fc.oneof(word, number), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const names = fc.array(
      name.filter((text) => text !== ''),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(names, (all) => {
        const unfolded = unfold(foldNames(all));
        assert.deepEqual(unfolded.sort(), [...new Set(all)].sort());
      }),
      { numRuns: 1000 },
    );
  });
});

/** What ClusterShell and pdsh read in a folded text. */
function unfold(text: string): string[] {
  const rows = text.match(/(?:[^,[]|\[[^\]]*\])+/g) ?? [];
  return rows.flatMap((row) => {
    const parts = row.split(/[[\]]/).map((part, index) => (index % 2 === 0 ? [part] : part.split(',').flatMap(count)));
    return parts.reduce<string[]>((heads, tails) => heads.flatMap((head) => tails.map((tail) => head + tail)), ['']);
  });
}

function count(range: string): string[] {
  const [first = '', last = first] = range.split('-');
  const width = first.startsWith('0') ? first.length : 0;
  const numbers: string[] = [];
  for (let number = BigInt(first); number <= BigInt(last); number++) numbers.push(String(number).padStart(width, '0'));
  return numbers;
}
