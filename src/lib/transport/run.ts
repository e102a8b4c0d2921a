import { collect, type Collected, type ExecRequest, type RemoteProcess } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import type { Transport } from './transport.ts';

/** Starts a command. An abort of the signal disconnects it for as long as it runs, and not only until it has started. */
export async function execUntilAborted(
  transport: Transport,
  target: Target,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<RemoteProcess> {
  const remote = await transport.exec(target, request, signal);
  const abort = (): void => remote.disconnect(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const release = (): void => signal.removeEventListener('abort', abort);
  remote.exit.then(release, release);
  return remote;
}

/** Runs a command without input and gives what it said. Rejects as `exec` and `exit` do, or with the reason of the signal. */
export async function runToEnd(
  transport: Transport,
  target: Target,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Collected> {
  return collect(await execUntilAborted(transport, target, { command, stdin: false, tty: null }, signal));
}
