import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandHelp, rootHelp } from '../../../src/cli/help.ts';

const copy = {
  summary: 'Copy files.',
  usage: 'cp FROM TO [flags]',
  examples: [{ description: 'Down', command: 'kubectl kx cp web:/etc/hosts .' }],
  flags: {
    v: { type: 'option', char: 'v', summary: 'Explain', helpGroup: 'Other', helpValue: 'LEVEL' },
    quiet: { type: 'boolean', char: 'q', summary: 'Say nothing' },
    retries: { type: 'option', summary: 'Try again', helpValue: 'N' },
    secret: { type: 'boolean', hidden: true },
  },
} as const;

test('the help of a command has examples first, its own flags before those of every command, and the usage', () => {
  assert.equal(
    commandHelp(copy),
    `Copy files.

Examples:
  # Down
  kubectl kx cp web:/etc/hosts .

Flags:
  -q, --quiet      Say nothing
      --retries N  Try again

Other:
  -v, --v LEVEL  Explain

Usage:
  kubectl kx cp FROM TO [flags]
`,
  );
});

test('the list of commands leaves out the hidden ones', () => {
  const text = rootHelp({ cp: copy, debug: { ...copy, hidden: true } });
  assert.match(text, /^In containers:\n {2}cp {2}Copy files\.\n\nUsage:/m);
  assert.doesNotMatch(text, /debug|On this machine/);
});

test('what does not work in containers is listed apart, in the same columns', () => {
  const text = rootHelp({ cp: copy, sandbox: { ...copy, summary: 'Play.' } });
  assert.match(text, /^In containers:\n {2}cp {7}Copy files\.\n\nOn this machine:\n {2}sandbox {2}Play\.\n\n/m);
});
