import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { RendererOptions } from '../../../src/lib/render/index.ts';
import { painted, render, renderBytes, showMarks, source } from './support.ts';

const everything = { context: true, namespace: true, container: true };

suite('lines as text', () => {
  const prefixes: [string, Partial<RendererOptions>, string][] = [
    ['no prefix', {}, 'text\n'],
    ['the prefix of kubectl', { prefix: 'kubectl' }, '[pod/web-0/app] text\n'],
    ['the prefix of stern', { prefix: 'stern' }, 'web-0 app text\n'],
    [
      'the prefix of kubectl with all places',
      { prefix: 'kubectl', parts: everything },
      '[c/shop/pod/web-0/app] text\n',
    ],
    ['the prefix of stern with all places', { prefix: 'stern', parts: everything }, 'c shop web-0 app text\n'],
    [
      'the prefix of stern without a container',
      { prefix: 'stern', parts: { ...everything, context: false, container: false } },
      'shop web-0 text\n',
    ],
    [
      'the prefix of kubectl without a container',
      { prefix: 'kubectl', parts: { ...everything, context: false, container: false } },
      '[shop/pod/web-0] text\n',
    ],
    ['raw, whatever else is asked', { output: 'raw', prefix: 'stern', paint: painted, pretty: true }, 'text\n'],
    [
      'times as the server gave them',
      { timestamps: 'default', prefix: 'kubectl' },
      '[pod/web-0/app] 2026-03-01T17:04:05.000000001Z text\n',
    ],
    [
      'raw with times',
      { output: 'raw', timestamps: 'default', timezone: 'UTC' },
      '2026-03-01T17:04:05.000000001Z text\n',
    ],
  ];
  for (const [name, options, expected] of prefixes) {
    test(name, () => assert.equal(render(options, { source: { ...source, context: 'c' } }), expected));
  }

  test('names are painted, and the text is left as it is', () => {
    const bytes = Buffer.from('\x1b[31mred\x1b[0m');
    const line = showMarks(render({ prefix: 'kubectl', paint: painted }, { bytes }));
    assert.match(line, /^\[<9\d>pod\/web-0<39>\/<3\d>app<39>\] <31>red<0>\n$/);
  });

  test('names that a terminal would interpret are escaped', () => {
    const evil = { ...source, pod: 'a\x1b]0;b\x07', container: 'c\nd' };
    assert.equal(render({ prefix: 'stern' }, { source: evil }), 'a\\x1b]0;b\\x07 c\\nd text\n');
  });

  test('colours that a line brings along end with it where colours are on', () => {
    const red = { bytes: Buffer.from('\x1b[31mred') };
    assert.equal(showMarks(render({ paint: painted }, red, {})), '<31>red<0>\ntext\n');
    assert.equal(
      showMarks(render({ paint: painted }, { ...red, end: 'piece' }, { bytes: Buffer.from(' still') }, {})),
      '<31>red still<0>\ntext\n',
    );
    const other = { source: { ...source, pod: 'db-0' } };
    assert.equal(showMarks(render({ paint: painted }, { ...red, end: 'piece' }, other)), '<31>red<0>\ntext\n');
    assert.equal(showMarks(render({ paint: painted }, { ...red, end: 'nothing' })), '<31>red<0>');
    assert.equal(render({}, red), '\x1b[31mred\n');
    assert.equal(render({ output: 'raw', paint: painted }, red), '\x1b[31mred\n');
  });

  test('a line in pieces has one prefix and one line feed', () => {
    const pieces = ['a', 'b', 'c'].map((text) => ({ bytes: Buffer.from(text), end: 'piece' as const }));
    const last = { bytes: Buffer.from('d'), end: 'line-feed' as const };
    assert.equal(
      render({ prefix: 'stern', timestamps: 'default', timezone: 'UTC' }, ...pieces, last, {}),
      'web-0 app 2026-03-01T17:04:05.000000001Z abcd\nweb-0 app 2026-03-01T17:04:05.000000001Z text\n',
    );
  });

  test('lines of others between the pieces of a line do not get into it', () => {
    const [piece, last] = [{ end: 'piece' as const }, { bytes: Buffer.from('rest') }];
    assert.equal(
      render({ prefix: 'stern' }, piece, { source: { ...source, pod: 'db-0' } }, piece, last),
      'web-0 app text\ndb-0 app text\nweb-0 app textrest\n',
    );
  });

  test('a log that does not end with a line feed gets one when another line follows', () => {
    for (const output of ['raw', 'prefix'] as const) {
      assert.equal(render({ output }, { end: 'nothing' }), 'text');
      assert.equal(render({ output }, { end: 'nothing' }, { end: 'nothing' }, {}), 'text\ntext\ntext\n');
    }
    assert.equal(render({ output: 'json' }, { end: 'nothing' }).at(-1), '\n');
    assert.equal(render({ template: '{pod}' }, { end: 'nothing' }), 'web-0\n');
    assert.equal(render({ pretty: true }, { end: 'nothing', bytes: Buffer.from('{"a":1}') }), 'a=1\n');
  });

  test('raw gives any bytes unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (lines) => {
        const bytes = lines.map((line) => Buffer.from(line).filter((byte) => byte !== 10)) as Buffer[];
        const expected = Buffer.concat(bytes.flatMap((line) => [line, Buffer.from('\n')]));
        const rendered = renderBytes({ output: 'raw' }, ...bytes.map((line) => ({ bytes: line })));
        assert.ok(rendered.equals(expected));
      }),
    );
  });
});
