import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { displayName } from '../display-name.ts';
import type { Name } from '../entry.ts';
import { below, fsPath } from './path.ts';
import { PathProblem } from './problem.ts';

/** Keeps one file of a copy from being written over another whose name differs only by case. */
export interface CaseGuard {
  /** Throws a PathProblem when this is another name of what this copy has written. */
  check(path: Name): void;
  wrote(path: Name, full: Name): void;
}

/**
 * Whether the file system tells case apart is found out with the first name that this copy has written; when it does,
 * nothing is kept in memory. `ignoresCase` answers for it: tells with a full path of an existing thing, undefined when its name says nothing.
 */
export function createCaseGuard(ignoresCase: (full: Name) => boolean | undefined = findsOtherCase): CaseGuard {
  let known: boolean | undefined;
  const written = new Map<string, Name>();
  return {
    check(path) {
      if (known === false) return;
      const other = written.get(folded(path));
      if (!known || other === undefined || other === path) return;
      throw new PathProblem(
        `${displayName(other)} was copied before, and this file system takes both names for the same`,
      );
    },
    wrote(path, full) {
      known ??= ignoresCase(full);
      if (known === false) written.clear();
      else written.set(folded(path), path);
    },
  };
}

/** Case-insensitive file systems do not tell forms of Unicode apart either. */
function folded(path: Name): string {
  return Buffer.from(path, 'latin1').toString('utf8').normalize('NFC').toLowerCase();
}

function findsOtherCase(full: Name): boolean | undefined {
  const name = basename(full);
  const other = name.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
  if (other === name) return undefined;
  const path = fsPath(below(dirname(full), other));
  const options = { bigint: true, throwIfNoEntry: false } as const;
  const found = lstatSync(path, options);
  const written = lstatSync(fsPath(full), options);
  return found !== undefined && found.ino === written?.ino && found.dev === written.dev;
}
