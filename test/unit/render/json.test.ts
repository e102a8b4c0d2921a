import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { textFields } from '../../../src/lib/render/index.ts';
import { render, renderBytes, source } from './support.ts';

const head =
  '{"namespace":"shop","pod":"web-0","container":"app","node":"node-1","time":"2026-03-01T17:04:05.000000001Z"';

suite('lines as JSON', () => {
  test('a line is an object with all that is known of it, in one order', () => {
    assert.equal(render({ output: 'json' }, {}), `${head},"message":"text"}\n`);
    const known = { source: { ...source, context: 'c' }, stream: 'stderr' as const };
    const { context, stream } = JSON.parse(render({ output: 'json' }, known)) as Record<string, string>;
    assert.deepEqual([context, stream], ['c', 'stderr']);
  });

  test('what is not known is left out', () => {
    const rest = { ...source, node: undefined };
    assert.equal(
      render({ output: 'json' }, { source: rest, at: undefined }),
      '{"namespace":"shop","pod":"web-0","container":"app","message":"text"}\n',
    );
  });

  test('the time is in the zone that is asked for', () => {
    const line = JSON.parse(render({ output: 'json', timezone: 'Asia/Tokyo' }, {})) as { time: string };
    assert.equal(line.time, '2026-03-02T02:04:05.000000001+09:00');
  });

  test('bytes that are not UTF-8 stand there whole, and as text that says where', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x62]);
    assert.equal(render({ output: 'json' }, { bytes }), `${head},"message":"a\ufffdb","messageBase64":"Yf9i"}\n`);
    assert.deepEqual(textFields('stdout', Buffer.from('é')), { stdout: 'é' });
  });

  test('a piece of a long line says that it is one', () => {
    assert.equal(render({ output: 'json' }, { end: 'piece' }), `${head},"message":"text","partial":true}\n`);
  });

  test('every line is one JSON object that gives the bytes back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom('json' as const, 'ndjson-parsed' as const),
        (array, output) => {
          const bytes = Buffer.from(array).filter((byte) => byte !== 10) as Buffer;
          const text = renderBytes({ output }, { bytes }).toString();
          assert.equal(text.indexOf('\n'), text.length - 1);
          const line = JSON.parse(text) as { message: string; messageBase64?: string };
          const back =
            line.messageBase64 === undefined ? Buffer.from(line.message) : Buffer.from(line.messageBase64, 'base64');
          assert.ok(back.equals(bytes));
        },
      ),
    );
  });

  const messages: [string, string, string][] = [
    [
      'an object stands as it was written',
      ' {"id": 12345678901234567890, "a": [1] }\r',
      '{"id": 12345678901234567890, "a": [1] }',
    ],
    ['an array is a text', '[1]', '"[1]"'],
    ['a number is a text', '1', '"1"'],
    ['an object that is cut is a text', '{"a":1', '"{\\"a\\":1"'],
    ['words behind an object make it a text', '{} x', '"{} x"'],
  ];
  for (const [name, text, message] of messages) {
    test(`parsed: ${name}`, () => {
      assert.equal(
        render({ output: 'ndjson-parsed' }, { bytes: Buffer.from(text) }),
        `${head},"message":${message}}\n`,
      );
    });
  }
});
