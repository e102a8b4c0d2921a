import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { errorCodes, KxError, toKxError, type KxCode } from '../../../src/lib/errors/index.ts';

suite('KxError', () => {
  test('every code has its documented exit code and a sentence', () => {
    const special: Partial<Record<KxCode, number>> = {
      KX_COMMAND_NOT_EXECUTABLE: 126,
      KX_COMMAND_NOT_FOUND: 127,
      KX_TIMEOUT: 124,
      KX_CANCELED: 130,
    };
    for (const [code, { exit, when }] of Object.entries(errorCodes)) {
      assert.match(code, /^KX_[A-Z_]+$/);
      assert.equal(exit, special[code as KxCode] ?? 125, code);
      assert.match(when, /\.$/, code);
      assert.equal(new KxError(code as KxCode, 'x').exit, exit);
    }
  });

  test('claims that nothing ran unless told otherwise, and has no hint, details or cause', () => {
    const error = new KxError('KX_USAGE', 'no command');
    assert.deepEqual(
      [error.name, error.message, error.ran, error.hint, error.details],
      ['KxError', 'no command', 'no', undefined, {}],
    );
    assert.ok(error instanceof Error);
    assert.ok(!('cause' in error));
  });

  test('carries what it is given; an exit code of its own wins over the table', () => {
    const cause = new Error('ECONNRESET');
    const error = new KxError('KX_CANCELED', 'SIGTERM', {
      ran: 'yes',
      hint: 'wait',
      details: { signal: 'SIGTERM' },
      cause,
      exit: 143,
    });
    assert.deepEqual(
      [error.exit, error.ran, error.hint, error.details, error.cause],
      [143, 'yes', 'wait', { signal: 'SIGTERM' }, cause],
    );
  });
});

suite('toKxError', () => {
  test('passes a KxError unchanged', () => {
    const error = new KxError('KX_FORBIDDEN', 'no');
    assert.equal(toKxError(error), error);
  });

  for (const [what, thrown, message] of [
    ['an Error', new TypeError('x is not a function'), 'x is not a function'],
    ['a string', 'boom', 'boom'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object', { toString: () => 'odd' }, 'odd'],
  ] as const) {
    test(`${what} is a fault of kx, and may have run something`, () => {
      const error = toKxError(thrown);
      assert.deepEqual(
        [error.code, error.exit, error.ran, error.message, error.cause],
        ['KX_INTERNAL', 125, 'maybe', message, thrown],
      );
      assert.match(error.hint ?? '', /report/);
    });
  }
});
