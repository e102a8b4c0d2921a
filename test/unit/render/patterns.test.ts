import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { KxError } from '../../../src/lib/errors/index.ts';
import { compileNamePattern, compilePatterns } from '../../../src/lib/render/index.ts';
import { literalsOf } from '../../../src/lib/render/literals.ts';
import { compileRegex } from '../../../src/lib/render/regex.ts';
import { painted, renderBytes, showMarks } from './support.ts';

const mark = async (patterns: readonly string[], bytes: Buffer) => {
  const highlight = await compilePatterns(patterns, 'highlight');
  return renderBytes({ paint: painted, highlight }, { bytes });
};

suite('patterns', () => {
  const tests: [readonly string[], string, boolean][] = [
    [['error'], 'an error', true],
    [['error'], 'an ERROR', false],
    [['(?i)error'], 'an ERROR', true],
    [['a|b\\.c'], 'xb.c', true],
    [['a|b\\.c'], 'xbxc', false],
    [['^a'], 'ba', false],
    [['a$'], 'ba', true],
    [['x', 'y', 'z+'], 'zz', true],
    [['x', 'y', 'z+'], 'w', false],
    [['(?i)x', 'Y'], 'y', false],
    [[''], '', true],
    [['a|'], 'b', true],
    [['größe'], 'die größe', true],
    [['gr.{2}e'], 'die größe', true],
    [['\\pL{5}'], 'größe', true],
    [['^.{2}$'], '😀é', true],
    [['a\\\\|b'], 'a\\', true],
    [[], 'a', false],
  ];
  for (const [patterns, line, expected] of tests) {
    test(`${patterns.map((pattern) => `/${pattern}/`).join(' or ') || 'none'} ${expected ? 'matches' : 'does not match'} "${line}"`, async () => {
      const matcher = await compilePatterns(patterns, 'include');
      assert.equal(matcher.test(Buffer.from(line)), expected);
    });
  }

  test('plain texts need no RE2', () => {
    assert.deepEqual(literalsOf('a|b\\.c|\\||d e'), ['a', 'b.c', '|', 'd e']);
    assert.deepEqual(['|a', 'a||b', ''].map(literalsOf), [['', 'a'], ['a', '', 'b'], ['']]);
    const more = ['a.', 'a*', '(a)', 'a\\d', '^a', '[a]', 'a{2}', 'a\\'];
    assert.deepEqual(
      more.map(literalsOf),
      more.map(() => undefined),
    );
  });

  test('a plain text is found where the same text as a regular expression is', async () => {
    const character = fc.constantFrom('a', 'b', '.', '|', '\\', 'é', '😀', ' ');
    const string = fc.string({ unit: character, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(string, string, async (text, line) => {
        const quoted = text.replace(/[.|\\]/g, '\\$&');
        const [plain, regex] = await Promise.all(
          [quoted, `(?:${quoted})`].map((one) => compilePatterns([one], 'include')),
        );
        const bytes = Buffer.from(line);
        assert.equal(plain?.test(bytes), regex?.test(bytes));
        assert.deepEqual(plain?.ranges(bytes), regex?.ranges(bytes));
      }),
    );
  });

  test('a pattern that makes others backtrack for ever is as fast as any', async () => {
    const matcher = await compilePatterns(['(a*)*(a|aa)*$b'], 'include');
    assert.equal(matcher.test(Buffer.from('a'.repeat(100_000))), false);
  });

  test('patterns match what those of JavaScript match, at the same places', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '\\b',
      '^',
      '$',
      'é',
      '(?:ab|a)',
      '(?:a|ab)',
    );
    const part = fc
      .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '*?', '{1,2}'))
      .map(([one, times]) => (/^([\^$]|\\b)$/.test(one) ? one : one + times));
    const pattern = fc
      .array(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
      .map((alternatives) => alternatives.map((parts) => parts.join('')).join('|'));
    const line = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', ' ', 'é'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, line, (expression, text) => {
        const regex = compileRegex([expression], 'include');
        const matches = [...text.matchAll(new RegExp(expression, 'gu'))];
        assert.equal(regex.test(text), matches.length > 0);
        const ranges = matches
          .filter(([match]) => match !== '')
          .flatMap(({ index, 0: match }) => [index, index + match.length]);
        assert.deepEqual(regex.ranges(text), ranges);
      }),
      { numRuns: 1000 },
    );
  });

  const marked: [string, readonly string[], string, string][] = [
    ['every match', ['o+'], 'foo bo', 'f<7>oo<27> b<7>o<27>'],
    ['plain texts and expressions together', ['foo', 'o\\w'], 'foo or', '<7>foo<27> <7>or<27>'],
    ['matches that overlap as one', ['abc', 'bcd'], 'abcde', '<7>abcd<27>e'],
    ['nothing for empty matches', ['x*'], 'abc', 'abc'],
    ['behind letters of several bytes', ['[b]'], 'äb😀b', 'ä<7>b<27>😀<7>b<27>'],
  ];
  for (const [name, patterns, line, expected] of marked) {
    test(`highlight marks ${name}`, async () => {
      assert.equal(showMarks((await mark(patterns, Buffer.from(line))).toString()), `${expected}\n`);
    });
  }

  test('highlight keeps every byte, whatever the line holds', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 5 }),
      fc.constantFrom('ab', 'é', '€', '😀').map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const bytes = Buffer.concat(pieces).filter((byte) => byte !== 10 && byte !== 27) as Buffer;
        const painted = await mark(['a.', 'é', '[\\x{80}-\\x{10ffff}]'], bytes);
        const plain = painted.toString('latin1').replace(/\x1b\[2?7m/g, '');
        assert.equal(plain, `${bytes.toString('latin1')}\n`);
      }),
    );
  });

  test('a match next to bytes that are not UTF-8 is marked at its place', async () => {
    const line = Buffer.from([0xff, 0xe2, 0x82, 0x61, 0xc3, 0xa9, 0xfe]);
    const marks = (await mark(['a.'], line)).toString('latin1');
    assert.equal(marks, '\xff\xe2\x82\x1b[7ma\xc3\xa9\x1b[27m\xfe\n');
  });

  for (const [pattern, reason] of [
    ['(', 'missing closing \\)'],
    ['a\\', 'trailing'],
    ['(a)\\1', 'escape'],
    ['a{2,1}', 'repeat'],
    ['[b-a]', 'range'],
  ] as const) {
    test(`/${pattern}/ is refused by the name of its flag`, async () => {
      await assert.rejects(compilePatterns(['fine', pattern], 'include'), (error: unknown) => {
        assert.ok(error instanceof KxError);
        assert.equal(error.code, 'KX_USAGE');
        assert.match(error.message, /^invalid argument ".*" for "--include" flag: /);
        assert.match(error.message, new RegExp(reason));
        return true;
      });
    });
  }

  test('a name matches anywhere in it', async () => {
    const names = ['web-0', 'my-web-1', 'db-0'];
    const matching = async (pattern: string) => {
      const matcher = await compileNamePattern(pattern, 'container');
      return names.filter((name) => matcher.test(name));
    };
    assert.deepEqual(await matching('web'), ['web-0', 'my-web-1']);
    assert.deepEqual(await matching('^web|^db'), ['web-0', 'db-0']);
    await assert.rejects(compileNamePattern('(', 'container'), /"--container" flag/);
  });
});
