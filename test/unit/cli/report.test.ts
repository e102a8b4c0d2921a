import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportError } from '../../../src/cli/report.ts';
import { KxError } from '../../../src/lib/errors/index.ts';

test('an error is one line with its code, and its hint one more', () => {
  const error = new KxError('KX_FORBIDDEN', 'pods "web" is forbidden', { hint: 'ask for create pods/exec' });
  assert.deepEqual(reportError(error, false), {
    text: 'error: pods "web" is forbidden [KX_FORBIDDEN]\nhint: ask for create pods/exec\n',
    exit: 125,
  });
});

test('the exit code is that of the error', () => {
  assert.equal(reportError(new KxError('KX_CANCELED', 'canceled', { exit: 143 }), false).exit, 143);
  assert.equal(reportError(new KxError('KX_TIMEOUT', 'late'), false).exit, 124);
});

test('lines and escape sequences in what a server says do not reach the terminal', () => {
  const { text } = reportError(new KxError('KX_REMOTE', 'one\n  two\x1b[2Jthree\u009b4'), false);
  assert.equal(text, 'error: one; two?[2Jthree?4 [KX_REMOTE]\n');
});

test('any other value is a fault of kx; its stack is shown only on request', () => {
  const thrown = new TypeError('x is undefined');
  const quiet = reportError(thrown, false);
  assert.match(quiet.text, /^error: x is undefined \[KX_INTERNAL\]\nhint: .*report.*\n$/);
  assert.equal(quiet.exit, 125);
  assert.match(reportError(thrown, true).text, /cause: TypeError: x is undefined\n\s+at /);
});
