import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeControls } from '../../../src/lib/text/index.ts';

test('what a terminal interprets, or does not show, is escaped', () => {
  assert.equal(escapeControls('a\x1b[31m\r\n\u{200b}\u{9b}é😀'), 'a\\x1b[31m\\x0d\\n\\u{200b}\\x9bé😀');
});
