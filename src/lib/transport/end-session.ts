import { collect } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import type { Transport } from './transport.ts';

/** How long a second command may take to deliver a signal, in milliseconds. */
const patience = 5000;

/**
 * The protocol has no signals (kubernetes/kubernetes#89031), so a second command in the same container sends them.
 * 'unsupported' when it could not run, found nothing, or took too long.
 */
export async function endSession(
  transport: Transport,
  target: Target,
  command: readonly string[],
): Promise<'delivered' | 'unsupported'> {
  const limit = AbortSignal.timeout(patience);
  try {
    const ender = await transport.exec(target, { command, stdin: false, tty: null }, limit);
    limit.addEventListener('abort', () => ender.disconnect());
    const { stdout } = await collect(ender);
    return Number(stdout.toString('utf8')) > 0 ? 'delivered' : 'unsupported';
  } catch {
    return 'unsupported';
  }
}
