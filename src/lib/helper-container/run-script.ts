import { KxError } from '../errors/index.ts';
import type { Collected } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import { runToEnd, type Transport } from '../transport/index.ts';

/** Runs a line of POSIX shell in the helper to its end; `$1` and on are `args`. An image without `sh` is KX_SHELL_MISSING. */
export async function runScript(
  transport: Transport,
  helper: Target,
  { script, args }: { readonly script: string; readonly args: readonly string[] },
  signal: AbortSignal,
): Promise<Collected> {
  const command = ['sh', '-c', `export LC_ALL=C; ${script}`, 'kx-cp', ...args];
  try {
    return await runToEnd(transport, helper, command, signal);
  } catch (error) {
    if (!(error instanceof KxError) || error.code !== 'KX_COMMAND_NOT_FOUND') throw error;
    throw new KxError('KX_SHELL_MISSING', `the image of the helper container ${helper.container ?? ''} has no sh`, {
      ran: 'no',
      cause: error,
      hint: 'name another image for it',
    });
  }
}
