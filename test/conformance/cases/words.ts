import assert from 'node:assert/strict';
import { runAt } from '../drive.ts';
import type { Environment } from '../environment.ts';
import type { Case } from '../suite.ts';

/** Has the container print its arguments, each ended by a zero byte, and compares. */
async function expectArguments({ shell }: Environment, words: readonly string[]): Promise<void> {
  const { stdout, status } = await runAt(shell, ['sh', '-c', 'printf "%s\\000" "$@"', 'print', ...words]);
  assert.equal(status.code, 0);
  assert.deepEqual(stdout.toString().split('\0').slice(0, -1), words);
}

const wordCase = (name: string, words: readonly string[]): Case => ({
  name,
  run: (env) => expectArguments(env, words),
});

/** The words of a command arrive as they are. */
export const wordCases: readonly Case[] = [
  wordCase('words of other alphabets and pictures arrive as they are', ['grüße', '日本語', '🎉👩‍🚀', 'a\u0301']),
  wordCase('empty words are kept, also at the end', ['', 'a', '', '']),
  wordCase('spaces, quotes, backslashes and newlines are kept', [
    ' a  b ',
    `it's "so"`,
    'a\\nb\\',
    'line one\nline two\n',
    '\t',
  ]),
  wordCase('what means something in a URL is kept', ['a;b', '100%', '%41', 'a+b', 'a&b=c', '?x#y', '/../', '~']),
  wordCase('what means something to a shell is kept', ['$HOME', '`id`', '$(id)', '*', '|', '>', '!', '{a,b}']),
  wordCase('words that look like flags are kept', ['-it', '--', '-c', 'x', '--container=y', '--', '-h', '-', '--help']),
  wordCase('the same word twice stays twice', ['a', 'a', 'b', 'a']),
  wordCase('a word of 100 KiB arrives whole', ['x'.repeat(100 * 1024), 'end']),
];
