import type { Collected } from '../process/index.ts';
import { runToEnd, wrappedTransport } from '../transport/index.ts';
import type { RemoteEnd } from './remote-end.ts';

/** Puts the path of the first argument (encodeWord) into kx_p, so that no command takes it for an option. */
export const rootScript = 'kx_p=$(printf %b. "$1"); kx_p=${kx_p%.}; case $kx_p in /*) ;; *) kx_p=./$kx_p;; esac;';

/**
 * Runs a line of POSIX shell in the container and gives what `read` makes of what it said; again when the connection is
 * lost, so the script must only look. Rejects as `read` does, with KX_SHELL_MISSING where there is no `sh`, or the reason of
 * the end's signal.
 */
export async function runScript<T>(
  { transport, target, signal, retry }: RemoteEnd,
  script: string,
  args: readonly string[],
  read: (said: Collected) => T,
): Promise<T> {
  for (;;) {
    try {
      const command = ['sh', '-c', script, 'kx-cp', ...args];
      const result = read(await runToEnd(wrappedTransport(transport), target, command, signal));
      retry.progressed();
      return result;
    } catch (error) {
      await retry.again(error);
    }
  }
}
