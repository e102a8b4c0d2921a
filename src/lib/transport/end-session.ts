import { collect, type RemoteProcess, type Signal } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import type { Transport } from './transport.ts';

/** How long a second command may take to deliver a signal, in milliseconds. */
const patience = 5000;

/**
 * The protocol has no signals (kubernetes/kubernetes#89031), so a second command in the same container sends them:
 * `commandFor` makes it, given the processes that earlier signals reached. 'unsupported' when it could not run, found
 * nothing, or took too long.
 */
export function sessionEnder(
  transport: Transport,
  target: Target,
  commandFor: (signal: Signal, known: readonly string[]) => readonly string[],
): RemoteProcess['signal'] {
  let known: readonly string[] = [];
  return async (name) => {
    const limit = AbortSignal.timeout(patience);
    try {
      const command = commandFor(name, known);
      const ender = await transport.exec(target, { command, stdin: false, tty: null }, limit);
      limit.addEventListener('abort', () => ender.disconnect());
      const { stdout } = await collect(ender);
      const reached = stdout.toString('utf8').match(/\d+\/\d+/g) ?? [];
      known = [...new Set([...known, ...reached])];
      return reached.length > 0 ? 'delivered' : 'unsupported';
    } catch {
      return 'unsupported';
    }
  };
}
