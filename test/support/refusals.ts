import assert from 'node:assert/strict';
import type { Ended } from './program.ts';

/** What a program does not do, and says why. */
export interface Refusal {
  /** As in "exec REFUSAL is an error". */
  readonly what: string;
  readonly args: readonly string[];
  readonly code: string;
  readonly says: RegExp;
  /** Most errors of the user's own making say what to do. */
  readonly hints?: RegExp;
}

/** One line with a code, at most one hint, and nothing on stdout. */
export function assertRefused(ended: Ended, { code, says, hints = /.*/ }: Omit<Refusal, 'what' | 'args'>): void {
  assert.deepEqual([ended.code, ended.stdout.toString()], [125, ''], ended.stderr);
  const [, message = '', shown, hint = ''] =
    /^error: ([^\n]+) \[(KX_\w+)\]\n(?:hint: ([^\n]*)\n)?$/.exec(ended.stderr) ?? assert.fail(ended.stderr);
  assert.equal(shown, code, ended.stderr);
  assert.match(message, says);
  assert.match(hint, hints);
}
