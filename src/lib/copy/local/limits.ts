import { KxError } from '../../errors/index.ts';
import type { Entry } from '../entry.ts';

/** Undefined: no limit. */
export interface Limits {
  readonly maxBytes?: number | undefined;
  /** Of all kinds, directories too; the root is not counted. */
  readonly maxFiles?: number | undefined;
}

/** Counts entries, and throws KX_COPY_DESTINATION for the first one that is too much, before a byte of it is written. */
export function countEntries({ maxBytes = Infinity, maxFiles = Infinity }: Limits): (entry: Entry) => void {
  let bytes = 0;
  let files = 0;
  return ({ path, size }) => {
    bytes += size;
    if (path !== '') files++;
    if (bytes > maxBytes) throw excess(`more than ${maxBytes} bytes`, '--max-size');
    if (files > maxFiles) throw excess(`more than ${maxFiles} files`, '--max-files');
  };
}

function excess(what: string, flag: string): KxError {
  return new KxError('KX_COPY_DESTINATION', `the source has ${what}`, {
    hint: `${flag} sets this limit; what was written before is left`,
  });
}
