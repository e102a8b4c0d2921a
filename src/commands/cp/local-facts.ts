import { statSync, type Stats } from 'node:fs';
import {
  displayName,
  endsAsDirectory,
  systemWords,
  toName,
  type DestinationFact,
  type SourceFact,
} from '../../lib/copy/index.ts';
import { KxError } from '../../lib/errors/index.ts';

const backslash = process.platform === 'win32';

/** Looks at a source, through its symlinks. One that is not there, or not what its path says, is KX_COPY_SOURCE. */
export function inspectLocalSource(path: string): { readonly fact: SourceFact; readonly size?: number } {
  const name = toName(path);
  const stat = look(path, 'KX_COPY_SOURCE');
  const shown = displayName(name);
  if (stat === undefined) throw new KxError('KX_COPY_SOURCE', `${shown} doesn't exist in local filesystem`);
  if (endsAsDirectory({ path: name, backslash }) && !stat.isDirectory()) {
    throw new KxError('KX_COPY_SOURCE', `${shown} is not a directory`);
  }
  const fact = { path: name, kind: stat.isDirectory() ? ('directory' as const) : ('file' as const), backslash };
  return stat.isFile() ? { fact, size: stat.size } : { fact };
}

/** Looks at a destination, through its symlinks. */
export function inspectLocalDestination(path: string): DestinationFact {
  const stat = look(path, 'KX_COPY_DESTINATION');
  const kind = stat === undefined ? 'absent' : stat.isDirectory() ? 'directory' : 'file';
  return { path: toName(path), kind, backslash };
}

function look(path: string, code: 'KX_COPY_SOURCE' | 'KX_COPY_DESTINATION'): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code === 'ENOENT') return undefined;
    // `file/`: the caller says that it is no directory.
    const trimmed = path.replace(/[/\\]\.?[/\\]*$/, '');
    if (failure.code === 'ENOTDIR' && trimmed !== path && trimmed !== '') return look(trimmed, code);
    throw new KxError(code, `cannot look at ${displayName(toName(path))}: ${systemWords(failure)}`, { cause: error });
  }
}
