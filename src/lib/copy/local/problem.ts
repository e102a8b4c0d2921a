import { KxError } from '../../errors/index.ts';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';

/** Why one path is left out. It never leaves this folder: the writer reports it. */
export class PathProblem extends Error {
  override readonly name = 'PathProblem';
}

/** The next file would fare no better. */
const concernsAll = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ESTALE']);

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number';
}

/** The words of the system: `no space left on device` of "ENOSPC: no space left on device, write". */
export function systemWords(error: unknown): string {
  const { message } = error as Error;
  return isSystemError(error) ? message.replace(/^[A-Z0-9]+: /, '').replace(/, \w+( '.*)?$/s, '') : message;
}

/**
 * What is wrong with one path, as one line; or throws what concerns the whole copy: an error of the body as it is, one of
 * the system, and any of the root, as KX_COPY_DESTINATION.
 */
export function problemOfPath(error: unknown, path: Name, full: Name): string {
  const known = error instanceof PathProblem || isSystemError(error);
  if (!known) throw error;
  if (path === '' || (isSystemError(error) && concernsAll.has(error.code ?? ''))) {
    throw new KxError('KX_COPY_DESTINATION', `cannot write ${displayName(full)}: ${systemWords(error)}`, {
      cause: error,
    });
  }
  return `not written: ${systemWords(error)}`;
}
