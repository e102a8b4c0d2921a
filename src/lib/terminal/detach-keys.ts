import { KxError } from '../errors/index.ts';

/**
 * The bytes of a key sequence as docker and kubectl spell it: letters, or `ctrl-` with a letter or one of `@ [ \ ] ^ _`,
 * separated by commas. Empty for none. Throws KX_USAGE. Source: github.com/moby/term ToBytes.
 */
export function parseDetachKeys(keys: string): Uint8Array {
  if (keys === '') return new Uint8Array();
  return Uint8Array.from(keys.split(','), (key) => {
    const [, letter] = /^ctrl-([a-z@[\\\]^_])$/i.exec(key) ?? [];
    if (letter !== undefined) return letter.toUpperCase().charCodeAt(0) & 0x1f;
    if (/^[\x21-\x7e]$/.test(key)) return key.charCodeAt(0);
    throw new KxError('KX_USAGE', `unknown key "${key}" in --detach-keys`, {
      hint: 'keys are single characters or ctrl- and a letter, separated by commas: ctrl-p,ctrl-q',
    });
  });
}
