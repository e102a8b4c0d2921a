import { lstat, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { KxError } from '../errors/index.ts';

/** A root directory as this machine sees it; '' is the machine's own, null one without any file. */
export type Root = string | null;

interface Found {
  readonly mode: number;
  readonly directory: boolean;
}

const maximalLinks = 40;
const failedStart = 'OCI runtime exec failed: exec failed: unable to start container process: ';

/** What runc says when a command cannot be started, with the words around it that containerd and the kubelet add. */
export function startError(code: 'KX_COMMAND_NOT_FOUND' | 'KX_COMMAND_NOT_EXECUTABLE', why: string): KxError {
  return new KxError(
    code,
    `Internal error occurred: error executing command in container: failed to exec in container: ${failedStart}${why}: unknown`,
  );
}

/**
 * Rejects, in the words of runc, when a command cannot be started: exec(3) would only be tried by a process that is the
 * container's already, and its failure would look like an exit code of the command.
 */
export async function requireProgram(root: Root, name: string, path: string, cwd: string): Promise<void> {
  if (name.includes('/')) {
    const found = await lookUp(root, posix.resolve(cwd, name));
    if (found === undefined) {
      throw startError('KX_COMMAND_NOT_FOUND', `exec: "${name}": stat ${name}: no such file or directory`);
    }
    if (found.directory) throw startError('KX_COMMAND_NOT_EXECUTABLE', `exec: "${name}": is a directory`);
    if (!isProgram(found)) throw startError('KX_COMMAND_NOT_EXECUTABLE', `exec: "${name}": permission denied`);
    return;
  }
  for (const folder of path.split(':')) {
    const found = await lookUp(root, posix.resolve(cwd, folder, name));
    if (name !== '' && found !== undefined && isProgram(found)) return;
  }
  throw startError('KX_COMMAND_NOT_FOUND', `exec: "${name}": executable file not found in $PATH`);
}

/** Rejects as runc does when the working directory is missing. */
export async function requireDirectory(root: Root, path: string): Promise<void> {
  const found = await lookUp(root, path);
  if (found?.directory === true) return;
  const why = found === undefined ? 'no such file or directory' : 'not a directory';
  throw new KxError('KX_REMOTE', `${failedStart}chdir to cwd ("${path}") set in config.json failed: ${why}: unknown`);
}

function isProgram(found: Found): boolean {
  return !found.directory && (found.mode & 0o111) !== 0;
}

/** Follows symbolic links inside the root: an absolute one starts at the root again, not at the machine's. */
async function lookUp(root: Root, path: string, links = maximalLinks): Promise<Found | undefined> {
  if (root === null) return undefined;
  let at = '/';
  const names = path.split('/').filter((name) => name !== '');
  for (const [index, name] of names.entries()) {
    at = posix.join(at, name);
    const stats = await lstat(root + at).catch(() => undefined);
    if (stats === undefined) return undefined;
    if (!stats.isSymbolicLink()) {
      if (index === names.length - 1) return { mode: stats.mode, directory: stats.isDirectory() };
      continue;
    }
    if (links === 0) return undefined;
    const goal = await readlink(root + at);
    return lookUp(root, posix.resolve(posix.dirname(at), goal, ...names.slice(index + 1)), links - 1);
  }
  return { mode: 0o755, directory: true };
}
