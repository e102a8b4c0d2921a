import type { FlagSpecs } from '../../cli/flag-spec.ts';

/** A command line up to the cursor. */
export interface Line {
  /** The words that are neither flags nor their values. */
  readonly args: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What the word at the cursor is. `prefix` is what stands before the value in the same word, as `--name=`. */
  readonly at:
    { readonly kind: 'arg' | 'flag' } | { readonly kind: 'value'; readonly flag: string; readonly prefix: string };
  /** The word at the cursor, and only what is a value in it. */
  readonly word: string;
}

/**
 * Reads words as `scanWords` does, except that nothing is an error: a command line that is being typed is not complete, and a
 * flag that is not known is left out. The last word is the one at the cursor.
 */
export function readLine(words: readonly string[], specs: FlagSpecs): Line {
  const args: string[] = [];
  const values = new Map<string, string[]>();
  const add = (flag: string, value: string) => void values.set(flag, [...(values.get(flag) ?? []), value]);
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? '';
  let waiting: string | undefined;
  for (const each of before) {
    if (waiting !== undefined) {
      add(waiting, each);
      waiting = undefined;
      continue;
    }
    const flag = readFlag(each, specs);
    if (flag === undefined) args.push(each);
    else if (flag.value !== undefined) add(flag.name, flag.value);
    else if (flag.takesNext) waiting = flag.name;
    else add(flag.name, 'true');
  }
  if (waiting !== undefined) return { args, values, word, at: { kind: 'value', flag: waiting, prefix: '' } };
  const flag = readFlag(word, specs);
  if (flag === undefined) return { args, values, word, at: { kind: 'arg' } };
  if (flag.value === undefined) return { args, values, word, at: { kind: 'flag' } };
  const prefix = word.slice(0, word.length - flag.value.length);
  return { args, values, word: flag.value, at: { kind: 'value', flag: flag.name, prefix } };
}

interface Flag {
  readonly name: string;
  /** What stands in the same word. */
  readonly value?: string;
  readonly takesNext: boolean;
}

function readFlag(word: string, specs: FlagSpecs): Flag | undefined {
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    const name = word.slice(2, equals === -1 ? undefined : equals).replaceAll('_', '-');
    if (equals !== -1) return { name, value: word.slice(equals + 1), takesNext: false };
    return { name, takesNext: specs[name]?.type === 'option' };
  }
  return word.startsWith('-') ? readShorts(word, specs) : undefined;
}

function readShorts(word: string, specs: FlagSpecs): Flag | undefined {
  for (let at = 1; at < word.length; at++) {
    const char = word[at];
    const name = Object.keys(specs).find((key) => specs[key]?.char === char) ?? '';
    if (specs[name]?.type !== 'option') continue;
    const tail = word.slice(at + 1);
    if (tail === '') return { name, takesNext: true };
    return { name, value: tail.replace(/^=/, ''), takesNext: false };
  }
  return { name: '', takesNext: false };
}
