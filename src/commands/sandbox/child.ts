import { spawn } from 'node:child_process';
import { constants as system } from 'node:os';
import { delimiter } from 'node:path';
import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { findProgram } from '../../lib/runtime/index.ts';

/** How long a command may take to end after SIGTERM or SIGHUP, in milliseconds. */
const patience = 5000;

/**
 * Runs a command on this machine with KUBECONFIG set and gives its exit code. SIGTERM and SIGHUP are handed on to it;
 * Ctrl-C reaches it by the terminal. Where setpriv(1) is to be had it also ends when kx is killed.
 */
export async function runWithSandbox(
  command: readonly string[],
  kubeconfig: string,
  context: CommandContext,
): Promise<number> {
  const [file = '', ...words] = command;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (findProgram(file, folders) === undefined) {
    throw new KxError('KX_COMMAND_NOT_FOUND', `there is no program ${JSON.stringify(file)} on this machine`);
  }
  const setpriv = process.platform === 'linux' ? findProgram('setpriv', folders) : undefined;
  const rest = ['--pdeathsig', 'TERM', '--', file, ...words];
  const child = spawn(setpriv ?? file, setpriv === undefined ? words : rest, {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  let timer: NodeJS.Timeout | undefined;
  const release = context.takeSignals((name) => {
    if (name === 'SIGINT') return;
    child.kill(name);
    timer ??= setTimeout(() => child.kill('SIGKILL'), patience);
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        reject(new KxError('KX_COMMAND_NOT_EXECUTABLE', `cannot run ${file}: ${cause.message}`, { cause }));
      });
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : system.signals[signal])));
    });
  } finally {
    clearTimeout(timer);
    release();
  }
}
