import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compilePatterns } from '../../../src/lib/render/index.ts';
import { painted, render, showMarks } from './support.ts';

const pretty = (text: string) => render({ pretty: true }, { bytes: Buffer.from(text) });

suite('JSON log lines as text', () => {
  const lines: [string, string, string][] = [
    [
      'zap',
      '{"level":"info","ts":1700000000.25,"caller":"a.go:1","msg":"up","port":80}',
      '2023-11-14T22:13:20.250Z INFO  up caller=a.go:1 port=80\n',
    ],
    [
      'pino',
      '{"level":50,"time":1700000000000,"pid":7,"msg":"down","ok":false}',
      '2023-11-14T22:13:20.000Z ERROR down ok=false pid=7\n',
    ],
    [
      'logrus and others with severity and message',
      '{"message":"m","severity":"WARNING","timestamp":"2026-01-01T00:00:00Z"}',
      '2026-01-01T00:00:00Z WARNING m\n',
    ],
    ['ECS', '{"@timestamp":"t","log.level":"debug","message":"m"}', 't DEBUG m\n'],
    ['a level of its own', '{"level":35,"msg":"m"}', '35    m\n'],
    ['no level, no time, no message', '{"b":1,"a":"x y","c":null,"d":""}', 'a="x y" b=1 c=null d=""\n'],
    ['fields in fields', '{"a":{"b":[1,{"c":12345678901234567890}]}}', 'a={"b":[1,{"c":12345678901234567890}]}\n'],
    ['ids that a number cannot hold', '{"trace":12345678901234567890}', 'trace=12345678901234567890\n'],
    ['the same fields in another order', '{"b":1,"msg":"m","a":2}', 'm a=2 b=1\n'],
    ['a text with control characters', '{"a":"x\\u001b[31m"}', 'a="x\\u001b[31m"\n'],
    ['nanoseconds', '{"ts":1700000000250000000}', '2023-11-14T22:13:20.250Z\n'],
    ['a message with control characters', '{"msg":"a\\u001b[31m\\tb\\u009b"}', 'a\\x1b[31m\tb\\x9b\n'],
    ['a name with control characters', '{"\\u001b":1}', '"\\u001b"=1\n'],
    ['a level with control characters', '{"level":"\\u001b"}', '\\x1b \n'],
    ['an empty object', '{}', '\n'],
  ];
  for (const [name, text, expected] of lines) test(name, () => assert.equal(pretty(text), expected));

  test('a stack trace stands below, each line with the prefix', () => {
    const bytes = Buffer.from('{"msg":"boom\\nagain","stack":"E\\n  at f"}');
    assert.equal(
      render({ pretty: true, prefix: 'stern' }, { bytes }),
      ['boom', '    again', '  stack=', '    E', '      at f'].map((line) => `web-0 app ${line}\n`).join(''),
    );
  });

  for (const text of ['plain', '{"a":', '[1]', '{"a":1} tail', '']) {
    test(`"${text}" stays as it is`, () => assert.equal(pretty(text), `${text}\n`));
  }

  test('what is nested without end stays as it is', () => {
    for (const text of [
      `{"a":${'['.repeat(300_000)}${']'.repeat(300_000)}}`,
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    ]) {
      assert.equal(pretty(text), `${text}\n`);
      assert.equal(render({ template: '<{message.a}>' }, { bytes: Buffer.from(text) }), '<>\n');
    }
  });

  test('levels have colours', () => {
    const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'other'];
    const colors = levels.map((level) => {
      const line = showMarks(render({ pretty: true, paint: painted }, { bytes: Buffer.from(`{"level":"${level}"}`) }));
      return /^<(\d+)>/.exec(line)?.[1];
    });
    assert.deepEqual(colors, ['90', '36', '32', '33', '31', '91', undefined]);
  });

  test('what is highlighted is marked in texts, and no colour is broken', async () => {
    const highlight = await compilePatterns(['3', 'x'], 'highlight');
    const bytes = Buffer.from('{"level":"info","msg":"x3","a":"3"}');
    assert.equal(
      showMarks(render({ pretty: true, paint: painted, highlight }, { bytes })),
      '<32>INFO <39> <7>x3<27> <90>a=<39><7>3<27>\n',
    );
  });
});
