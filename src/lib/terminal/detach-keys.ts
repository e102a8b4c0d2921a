import { Transform } from 'node:stream';
import { KxError } from '../errors/index.ts';

/**
 * The bytes of a key sequence as docker and kubectl spell it: single characters, or `ctrl-` with a letter or one of
 * `@ [ \ ] ^ _`, separated by commas. Empty for none. Throws KX_USAGE. Source: github.com/moby/term ToBytes.
 */
export function parseDetachKeys(keys: string): Uint8Array {
  if (keys === '') return new Uint8Array();
  return Uint8Array.from(keys.split(','), (key) => {
    const [, letter] = /^ctrl-([a-z@[\\\]^_])$/i.exec(key) ?? [];
    if (letter !== undefined) return letter.toUpperCase().charCodeAt(0) & 0x1f;
    if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
    throw new KxError('KX_USAGE', `unknown key "${key}" in --detach-keys`, {
      hint: 'keys are single characters, or ctrl- and a letter, separated by commas: ctrl-p,ctrl-q',
    });
  });
}

export interface Scanned {
  /** What is not, and cannot become, part of the sequence. */
  readonly pass: Uint8Array;
  readonly detached: boolean;
}

/**
 * Looks for a key sequence in what is typed. Bytes that may be its beginning are held back until the next ones tell; the
 * sequence itself and what follows it never pass.
 */
export function scanForKeys(keys: Uint8Array): (typed: Uint8Array) => Scanned {
  const held: number[] = [];
  return (typed) => {
    const pass: number[] = [];
    for (const byte of typed) {
      held.push(byte);
      while (held.some((key, at) => key !== keys[at])) pass.push(...held.splice(0, 1));
      if (held.length === keys.length) return { pass: Uint8Array.from(pass), detached: true };
    }
    return { pass: Uint8Array.from(pass), detached: false };
  };
}

/** Passes on what is typed until the keys are; then it ends and calls `onDetach`. At least one key. */
export function detachOn(keys: Uint8Array, onDetach: () => void): Transform {
  const scan = scanForKeys(keys);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const { pass, detached } = scan(chunk);
      done(null, Buffer.from(pass));
      if (detached) onDetach();
    },
  });
}
