import { readFileSync } from 'node:fs';
import { KxError } from '../lib/errors/index.ts';

/** A file that a flag names, `-` is stdin. Throws KX_USAGE: "cannot read WHAT: …". */
export function readNamedFile(file: string, what: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new KxError('KX_USAGE', `cannot read ${what}: ${(error as Error).message}`, { cause: error });
  }
}
