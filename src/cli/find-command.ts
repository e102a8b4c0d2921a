import { KxError } from '../lib/errors/index.ts';
import type { FlagSpecs } from './flag-spec.ts';
import { scanWords } from './scan-words.ts';
import { suggest } from './suggest.ts';

export interface Found {
  /** undefined: no command was named. */
  readonly name: string | undefined;
  /** Every other word, in its order. */
  readonly words: readonly string[];
}

/**
 * Finds the subcommand: the first word that is neither a flag nor the value of one, so that `-n prod exec pod` works.
 * Throws KX_USAGE for a name that is not in `commands`, and for a flag in front of it that no command has.
 */
export function findCommand(words: readonly string[], commands: Readonly<Record<string, FlagSpecs>>): Found {
  const anyFlag = Object.assign({}, ...Object.values(commands)) as FlagSpecs;
  for (const token of scanWords(words, anyFlag)) {
    if (token.kind === 'flag') continue;
    if (!Object.hasOwn(commands, token.word)) throw unknownCommand(token.word, Object.keys(commands));
    return { name: token.word, words: words.toSpliced(token.at, 1) };
  }
  return { name: undefined, words };
}

function unknownCommand(word: string, names: readonly string[]): KxError {
  const near = suggest(word, names);
  return new KxError('KX_USAGE', `unknown command "${word}" for "kubectl kx"`, {
    hint: near === undefined ? `the commands are ${names.join(', ')}` : `did you mean ${near}?`,
  });
}
