import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { KxError } from '../errors/index.ts';

/**
 * How far a container is from the machine. 'root': namespaces made by root. 'user': the same in a user namespace, where
 * one user id is mapped. 'none': plain child processes.
 */
export type Isolation = 'root' | 'user' | 'none';

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** The path of a program in the first of the folders that has it; a name with a slash is a path already. */
export function findProgram(name: string, inFolders: readonly string[]): string | undefined {
  const paths = name.includes('/') ? [name] : inFolders.map((folder) => join(folder, name));
  return paths.find((path) => isExecutable(path));
}

/** The absolute path of a program of the system, or undefined. Containers have it at the same place. */
export function findTool(name: string): string | undefined {
  return findProgram(name, folders);
}

/** The same, for one that was found before. */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path === undefined) throw new KxError('KX_REMOTE', `${name} is not installed on this machine`);
  return path;
}

/** The words for unshare(1) that make the namespaces of a container. */
export function unshareArguments(isolation: Isolation): string[] {
  const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'];
  return isolation === 'user' ? ['--user', '--map-root-user', ...namespaces] : namespaces;
}

/** Tries what a container needs: namespaces, and the file systems that may be mounted in them. */
export async function findIsolation(): Promise<Isolation> {
  const tools = [
    'unshare',
    'nsenter',
    'setsid',
    'setpriv',
    'timeout',
    'mount',
    'umount',
    'pivot_root',
    'mkfifo',
    'env',
  ];
  if (process.platform !== 'linux' || !tools.every((tool) => findTool(tool) !== undefined)) return 'none';
  if (process.getuid?.() === 0 && (await succeeds('root'))) return 'root';
  return (await succeeds('user')) ? 'user' : 'none';
}

function succeeds(isolation: Isolation): Promise<boolean> {
  const script =
    'mount -t tmpfs none /mnt && mkdir /mnt/proc && mount -t proc proc /mnt/proc && mount --rbind /usr /mnt';
  return new Promise((resolve) => {
    execFile(requireTool('unshare'), [...unshareArguments(isolation), 'sh', '-c', script], (error) => {
      resolve(error === null);
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
