import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

const suffix = process.platform === 'win32' ? '.exe' : '';

/** What kubectl looks for on PATH when it completes `kubectl NAME`; undefined where kx is not called as a plugin is. */
export function pluginCompleter(program: string): string | undefined {
  return program.startsWith('kubectl-') ? `${program.replace(/^kubectl-/, 'kubectl_complete-')}${suffix}` : undefined;
}

/** The program of this name that a shell would run, if it is this very program. */
export function findOnPath(program: string, env: NodeJS.ProcessEnv): string | undefined {
  const first = foldersOf(env)
    .map((folder) => join(folder, program + suffix))
    .find((file) => existsSync(file));
  return first !== undefined && isSameFile(first, process.execPath) ? first : undefined;
}

/**
 * Where the completer can stand: beside the program, or in another folder of PATH that belongs to the user; undefined where
 * there is none.
 */
export function folderForCompleter(program: string, env: NodeJS.ProcessEnv): string | undefined {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  const own = foldersOf(env).filter((folder) => home !== '' && folder.startsWith(home));
  return [dirname(program), ...own].find(isWritable);
}

/** What stands at the place of a completer: nothing, a link of kx (to this program, or one that is gone), or something else. */
export function whatIsAt(file: string): 'nothing' | 'link' | 'other' {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return 'nothing';
  const isDangling = found.isSymbolicLink() && !existsSync(file);
  return isDangling || isSameFile(file, process.execPath) ? 'link' : 'other';
}

/** The links of kx that kubectl would find. */
export function findLinks(completer: string, env: NodeJS.ProcessEnv): readonly string[] {
  const files = [...new Set(foldersOf(env))].map((folder) => join(folder, completer));
  return files.filter((file) => whatIsAt(file) === 'link');
}

/** A link that an upgrade leaves valid: to the name beside it, where that is there; Windows allows users hard links only. */
export function makeLink(file: string, program: string): void {
  rmSync(file, { force: true });
  if (process.platform === 'win32') linkSync(realpathSync(program), file);
  else symlinkSync(dirname(file) === dirname(program) ? basename(program) : program, file);
}

function foldersOf(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

function isSameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a), statSync(b)];
    return one.ino === other.ino && one.dev === other.dev;
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
