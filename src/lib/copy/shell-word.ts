import type { Name } from './entry.ts';

/**
 * A name as a word of a command line for `printf %b`, by which any bytes reach a script: what carries a command line to a
 * container takes UTF-8 only. Whoever decodes it adds a character and takes it off again, as `$(…)` eats newlines.
 */
export function encodeWord(name: Name): string {
  return name.replace(/[^\x20-\x5b\x5d-\x7e]/g, (byte) => `\\0${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
