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

/** What the command line needs to know of a command; the manifest has it. */
export interface CommandSpec {
  readonly flags: FlagSpecs;
  /** Other names of it. */
  readonly aliases?: readonly string[];
}

/**
 * Finds the subcommand: the first word that is neither a flag nor the value of one, so that `-n prod exec pod` works. An
 * alias stands for the name. Throws KX_USAGE for a name that is not in `commands`, and for a flag in front of it that no command has.
 */
export function findCommand(words: readonly string[], commands: Readonly<Record<string, CommandSpec>>): Found {
  const anyFlag = Object.assign({}, ...Object.values(commands).map(({ flags }) => flags)) as FlagSpecs;
  const names = new Map(
    Object.entries(commands).flatMap(([name, { aliases = [] }]) => [name, ...aliases].map((word) => [word, name])),
  );
  for (const token of scanWords(words, anyFlag)) {
    if (token.kind === 'flag') continue;
    const name = names.get(token.word);
    if (name === undefined) throw unknownCommand(token.word, Object.keys(commands), names);
    return { name, words: words.toSpliced(token.at, 1) };
  }
  return { name: undefined, words };
}

function unknownCommand(word: string, names: readonly string[], known: ReadonlyMap<string, string>): KxError {
  const near = suggest(word, known.keys());
  return new KxError('KX_USAGE', `unknown command "${word}" for "kubectl kx"`, {
    hint: near === undefined ? `the commands are ${names.join(', ')}` : `did you mean ${near}?`,
  });
}
