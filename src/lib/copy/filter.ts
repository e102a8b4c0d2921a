import ignore from 'ignore';
import type { Name } from './entry.ts';

/** Whether a path below the root of a copy is taken. Of a directory that is not taken, nothing is. */
export type Filter = (path: Name, isDirectory: boolean) => boolean;

export interface FilterOptions {
  /** Patterns in the syntax of gitignore, relative to the root of the copy. */
  readonly exclude: readonly string[];
  /** When there is one, only files that a pattern fits are taken; directories are walked. */
  readonly include: readonly string[];
  /** The contents of files of patterns; they follow `exclude`, and the last pattern that fits decides. */
  readonly excludeFrom: readonly string[];
}

/**
 * Patterns as git has them: upper and lower case differ, `!` takes back, a trailing `/` means directories. The root is
 * always taken. Names are compared as UTF-8; bytes that are not are U+FFFD, which `*` and `?` fit. Never throws for a name.
 */
export function createFilter({ exclude, include, excludeFrom }: FilterOptions): Filter {
  const excluded = match([
    ...exclude,
    ...excludeFrom.flatMap((content) => content.replace(/^\uFEFF/, '').split(/\r?\n/)),
  ]);
  const included = match(include);
  return (path, isDirectory) => {
    if (path === '') return true;
    if (excluded?.(path, isDirectory)) return false;
    return isDirectory || included === undefined || included(path, false);
  };
}

function match(patterns: readonly string[]): Filter | undefined {
  if (patterns.length === 0) return undefined;
  // What comes out of a container may be called `../x`: to refuse that is up to the writer.
  const rules = ignore({ ignoreCase: false, allowRelativePaths: true }).add(patterns);
  return (path, isDirectory) => rules.ignores(Buffer.from(path, 'latin1').toString('utf8') + (isDirectory ? '/' : ''));
}
