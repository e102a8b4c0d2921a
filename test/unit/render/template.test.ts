import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { compilePatterns } from '../../../src/lib/render/index.ts';
import { painted, render, renderBytes, showMarks } from './support.ts';

const fill = (template: string, text = 'text') => render({ template }, { bytes: Buffer.from(text) });

suite('lines by a template', () => {
  const cases: [string, string, string][] = [
    ['{namespace}/{pod}/{container}@{node}: {message}', 'text', 'shop/web-0/app@node-1: text\n'],
    ['{time} { message }', 'text', '2026-03-01T17:04:05.000000001Z text\n'],
    ['{context}{stream}|', 'text', '|\n'],
    ['{{{pod}}} {{}}', 'text', '{web-0} {}\n'],
    [String.raw`a\tb\nc\\d\x{pod}`, 'text', 'a\tb\nc\\d\\xweb-0\n'],
    ['{message|json}', 'say "hi"', '"say \\"hi\\""\n'],
    [
      '{message.a.b} {message.n} {message.o}',
      '{"a":{"b":"x"},"n":12345678901234567890,"o":[1]}',
      'x 12345678901234567890 [1]\n',
    ],
    ['{message.a}', '{"a":"x\\n\\ty\\u001b"}', 'x\\n\ty\\x1b\n'],
    ['<{message.a.b}>', 'no JSON', '<>\n'],
    ['<{message.constructor}{message.a.length}>', '{"a":"text"}', '<>\n'],
    ['{pod|red|bold}', 'text', 'web-0\n'],
  ];
  for (const [template, text, expected] of cases) {
    test(template, () => assert.equal(fill(template, text), expected));
  }

  test('styles and the steady colour are painted where colours are on', () => {
    const options = { template: '{pod|color}{container|color}{time|gray|bold}', paint: painted, timezone: 'UTC' };
    assert.match(
      showMarks(render(options, {})),
      /^<9\d>web-0<39><3\d>app<39><90><1>2026-03-01T17:04:05.000000001Z<22><39>\n$/,
    );
  });

  test('a template shows what is highlighted', async () => {
    const highlight = await compilePatterns(['ex'], 'highlight');
    assert.equal(
      showMarks(render({ template: '{pod}: {message}', paint: painted, highlight }, {})),
      'web-0: t<7>ex<27>t\n',
    );
  });

  test('bytes that are not UTF-8 pass', () => {
    const bytes = Buffer.from([0x61, 0xff]);
    assert.ok(renderBytes({ template: '{message}' }, { bytes }).equals(Buffer.from([0x61, 0xff, 0x0a])));
  });

  const wrong = [
    '',
    'text',
    '{{.Message}}',
    '{pid}',
    '{pod',
    'pod}',
    '{}',
    '{pod.name}',
    '{pod|shiny}',
    '{message|color}',
    '{pod|}',
    '{ }',
  ];
  for (const template of wrong) {
    test(`"${template}" is refused with what there is`, () => {
      assert.throws(
        () => fill(template),
        (error: unknown) => error instanceof KxError && error.code === 'KX_USAGE' && error.hint !== undefined,
      );
    });
  }
});
