import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KxError } from '../errors/index.ts';
import { containerEnvironment } from './environment.ts';
import { containerRootScript } from './container-root.ts';
import { requireTool, unshareArguments, type Isolation } from './isolation.ts';

/** The first process of a container, which holds its namespaces. */
export interface Holder {
  /** As the machine sees it. */
  readonly pid: number;
  /** Ends it, and with it every process of the container. */
  close(): Promise<void>;
}

/** Makes the root of a container and starts its first process. */
export async function startHolder(isolation: Isolation, hostname: string, hosts: string): Promise<Holder> {
  const child = spawn(requireTool('unshare'), [...unshareArguments(isolation), 'sh', '-c', 'eval "$KX_ROOT"'], {
    cwd: '/',
    env: {
      PATH: containerEnvironment.PATH,
      // Not a word of the command line, which `ps` shows.
      KX_ROOT: containerRootScript,
      KX_HOSTNAME: hostname,
      KX_HOSTS: hosts,
      KX_ONE_USER: isolation === 'user' ? '1' : '',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const closed = once(child, 'close');
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => (complaint += bytes.toString('utf8')));
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => resolve(Number(bytes.toString('utf8'))));
    const fail = (): void => {
      reject(new KxError('KX_REMOTE', `the container cannot be made: ${complaint.trim().replaceAll('\n', '; ')}`));
    };
    child.once('error', fail);
    closed.then(fail, fail);
  });
  return {
    pid,
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
}
