import type { RemoteProcess, Signal } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import { runToEnd } from './run.ts';
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
    try {
      const { stdout } = await runToEnd(transport, target, commandFor(name, known), AbortSignal.timeout(patience));
      const reached = stdout.toString('utf8').match(/\d+\/\d+/g) ?? [];
      known = [...new Set([...known, ...reached])];
      return reached.length > 0 ? 'delivered' : 'unsupported';
    } catch {
      return 'unsupported';
    }
  };
}
