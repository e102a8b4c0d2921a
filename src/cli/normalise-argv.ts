import type { FlagSpecs } from './flag-spec.ts';
import { scanWords } from './scan-words.ts';

/**
 * The words of a command in the one form that oclif and kubectl read alike: `--name` for a boolean that is on, `--name=value`
 * for each value that counts, then the arguments. A value that begins with `-` is guarded (see `unguardValue`).
 * Throws KX_USAGE.
 */
export function normaliseArgv(words: readonly string[], specs: FlagSpecs): string[] {
  const values = new Map<string, string[]>();
  const args: string[] = [];
  for (const token of scanWords(words, specs)) {
    if (token.kind === 'arg') args.push(token.word);
    else if (specs[token.name]?.multiple === true)
      values.set(token.name, [...(values.get(token.name) ?? []), token.value]);
    else values.set(token.name, [token.value]);
  }
  const flags = [...values].flatMap(([name, all]) => {
    if (specs[name]?.type === 'boolean') return all[0] === 'true' ? [`--${name}`] : [];
    return all.map((value) => `--${name}=${guardValue(value)}`);
  });
  return [...flags, ...args];
}

// No word of a command line can hold a NUL.
const guard = '\0';

/** oclif takes a value that looks like one of its flags for that flag: a guard in front hides it. */
function guardValue(value: string): string {
  return value.startsWith('-') ? guard + value : value;
}

/** The value as it was typed. */
export function unguardValue(value: string): string {
  return value.startsWith(guard) ? value.slice(guard.length) : value;
}
