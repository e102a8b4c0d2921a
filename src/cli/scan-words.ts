import { KxError } from '../lib/errors/index.ts';
import type { FlagSpecs } from './flag-spec.ts';
import { suggest } from './suggest.ts';

/** One word, or one flag of a word such as `-it`, in the order of the command line. */
export type Token = ArgToken | FlagToken;

export interface ArgToken {
  readonly kind: 'arg';
  readonly word: string;
  /** Where it is among the words. */
  readonly at: number;
}

export interface FlagToken {
  readonly kind: 'flag';
  readonly name: string;
  /** 'true' or 'false' for a boolean. */
  readonly value: string;
}

/**
 * Reads words as kubectl does (github.com/spf13/pflag): `--flag=value`, `--flag value`, bundled shorts, a value attached to a
 * short, and a value that looks like a flag. Throws KX_USAGE with the words of pflag.
 */
export function* scanWords(words: readonly string[], specs: FlagSpecs): Generator<Token> {
  const rest = words.entries();
  for (const [at, word] of rest) {
    if (word.startsWith('--')) yield scanLong(word, rest, specs);
    else if (word.startsWith('-') && word !== '-') yield* scanShorts(word, rest, specs);
    else yield { kind: 'arg', word, at };
  }
}

function scanLong(word: string, rest: Iterator<[number, string]>, specs: FlagSpecs): FlagToken {
  const equals = word.indexOf('=');
  // kubectl takes `--as_group` for `--as-group`.
  const name = word.slice(2, equals === -1 ? undefined : equals).replaceAll('_', '-');
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (spec === undefined) throw unknownFlag(`unknown flag: --${name}`, name, specs);
  if (equals !== -1) return flagToken(name, word.slice(equals + 1), specs);
  if (spec.type === 'boolean') return { kind: 'flag', name, value: 'true' };
  return { kind: 'flag', name, value: takeValue(rest, `--${name}`) };
}

function* scanShorts(word: string, rest: Iterator<[number, string]>, specs: FlagSpecs): Generator<FlagToken> {
  let shorts = word.slice(1);
  while (shorts !== '') {
    const [char = ''] = shorts;
    const tail = shorts.slice(char.length);
    const name = Object.keys(specs).find((key) => specs[key]?.char === char);
    if (name === undefined) throw unknownFlag(`unknown shorthand flag: '${char}' in ${word}`, word.slice(1), specs);
    if (tail.startsWith('=')) {
      yield flagToken(name, tail.slice(1), specs);
      return;
    }
    if (specs[name]?.type === 'option') {
      yield { kind: 'flag', name, value: tail === '' ? takeValue(rest, `'${char}' in ${word}`) : tail };
      return;
    }
    yield { kind: 'flag', name, value: 'true' };
    shorts = tail;
  }
}

function flagToken(name: string, value: string, specs: FlagSpecs): FlagToken {
  const spec = specs[name];
  if (spec?.type !== 'boolean') return { kind: 'flag', name, value };
  // strconv.ParseBool
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return { kind: 'flag', name, value: 'true' };
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return { kind: 'flag', name, value: 'false' };
  throw new KxError(
    'KX_USAGE',
    `invalid argument "${value}" for "${spellFlag(name, specs)}" flag: neither true nor false`,
  );
}

function takeValue(rest: Iterator<[number, string]>, flag: string): string {
  const next = rest.next();
  if (next.done === true) throw new KxError('KX_USAGE', `flag needs an argument: ${flag}`);
  return next.value[1];
}

/** A flag as the help spells it: `-c, --container`. */
export function spellFlag(name: string, specs: FlagSpecs): string {
  const char = specs[name]?.char;
  return char === undefined ? `--${name}` : `-${char}, --${name}`;
}

function unknownFlag(message: string, typed: string, specs: FlagSpecs): KxError {
  const near = suggest(typed, Object.keys(specs));
  return new KxError('KX_USAGE', message, {
    hint: near === undefined ? 'see --help; flags of the remote command go behind `--`' : `did you mean --${near}?`,
  });
}
