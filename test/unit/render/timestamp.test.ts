import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTimeFormat } from '../../../src/lib/render/timestamp.ts';
import { KxError } from '../../../src/lib/errors/index.ts';

suite('times', () => {
  const cases: [string, Parameters<typeof createTimeFormat>, string, string][] = [
    ['the text of the server', ['default', undefined], '2026-07-01T00:00:00.1+02:00', '2026-07-01T00:00:00.1+02:00'],
    [
      'another zone',
      ['default', 'Europe/Berlin'],
      '2026-07-01T22:30:00.123456789Z',
      '2026-07-02T00:30:00.123456789+02:00',
    ],
    ['winter time', ['default', 'Europe/Berlin'], '2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00'],
    ['a zone of half hours', ['default', 'Asia/Kolkata'], '2026-01-01T00:00:00.5Z', '2026-01-01T05:30:00.5+05:30'],
    ['a zone in the west', ['default', 'America/St_Johns'], '2026-01-01T00:00:00Z', '2025-12-31T20:30:00-03:30'],
    ['UTC', ['default', 'UTC'], '2026-01-01T00:00:00.000000001-05:00', '2026-01-01T05:00:00.000000001Z'],
    ['the short form', ['short', 'UTC'], '2026-11-21T17:04:05.999999999Z', '11-21 17:04:05'],
    ['what is no time', ['short', 'UTC'], 'yesterday', 'yesterday'],
  ];
  for (const [name, [choice, zone], at, expected] of cases) {
    test(name, () => assert.equal(createTimeFormat(choice, zone)(at), expected));
  }

  test('the hour that comes twice in autumn has both offsets', () => {
    const format = createTimeFormat('default', 'Europe/Berlin');
    assert.deepEqual(['2026-10-25T00:59:59Z', '2026-10-25T01:00:00Z'].map(format), [
      '2026-10-25T02:59:59+02:00',
      '2026-10-25T02:00:00+01:00',
    ]);
  });

  test('local is the zone of the machine', () => {
    const expected = createTimeFormat('default', Intl.DateTimeFormat().resolvedOptions().timeZone);
    const at = '2026-07-01T00:00:00Z';
    assert.equal(createTimeFormat('default', 'local')(at), expected(at));
  });

  test('a zone that does not exist is refused', () => {
    assert.throws(
      () => createTimeFormat('default', 'Europe/Bärlin'),
      (error: unknown) => error instanceof KxError && error.code === 'KX_USAGE' && error.message.includes('--timezone'),
    );
  });
});
