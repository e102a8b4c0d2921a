import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCommand } from '../../../src/cli/find-command.ts';
import { splitAtDashes } from '../../../src/cli/words.ts';

const commands = {
  exec: { flags: { namespace: { type: 'option', char: 'n' }, stdin: { type: 'boolean', char: 'i' } } },
  sandbox: { flags: { port: { type: 'option' } }, aliases: ['box'] },
} as const;

const cases: [string, string | undefined, string][] = [
  ['exec pod', 'exec', 'pod'],
  ['-n prod exec pod', 'exec', '-n prod pod'],
  ['-nprod exec pod', 'exec', '-nprod pod'],
  ['--namespace prod -i exec pod exec', 'exec', '--namespace prod -i pod exec'],
  ['--namespace=prod exec -i pod', 'exec', '--namespace=prod -i pod'],
  ['-n exec exec pod', 'exec', '-n exec pod'],
  ['sandbox --port 1', 'sandbox', '--port 1'],
  ['box --port 1', 'sandbox', '--port 1'],
  ['-n prod', undefined, '-n prod'],
];

for (const [typed, name, words] of cases) {
  test(`in "${typed}" the command is ${name ?? 'not named'}`, () => {
    assert.deepEqual(findCommand(typed.split(' '), commands), { name, words: words.split(' ') });
  });
}

test('no words name no command', () => {
  assert.deepEqual(findCommand([], commands), { name: undefined, words: [] });
});

test('an unknown command is a usage error that names the command that was meant', () => {
  assert.throws(() => findCommand(['exce', 'pod'], commands), {
    code: 'KX_USAGE',
    message: 'unknown command "exce" for "kubectl kx"',
    hint: 'did you mean exec?',
  });
  assert.throws(() => findCommand(['toString'], commands), { hint: 'the commands are exec, sandbox' });
});

test('the words behind the first -- are left alone, whatever they are', () => {
  assert.deepEqual(splitAtDashes(['exec', 'p', '--', 'sh', '-c', 'a b', '--', 'sh', '-i']), {
    own: ['exec', 'p'],
    remote: ['sh', '-c', 'a b', '--', 'sh', '-i'],
  });
  assert.deepEqual(splitAtDashes(['exec', 'p', '--']), { own: ['exec', 'p'], remote: [] });
  assert.deepEqual(splitAtDashes(['exec', 'p']), { own: ['exec', 'p'], remote: null });
});
