import { openTerminalMode } from './terminal-mode.ts';

const fatal = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Runs `session` with the terminal of stdin in raw mode, and gives what it gives. The terminal is restored whatever happens:
 * the end of the session, a signal (at once: the session may take a while to end), process.exit, an uncaught error. stdin
 * must be a terminal.
 */
export async function withRawMode<T>(session: () => Promise<T>): Promise<T> {
  const mode = openTerminalMode();
  const restore = (): void => mode.restore();
  // The shell has put its own mode back while kx was stopped.
  const again = (): void => mode.makeRaw();
  const restoreAndLeave = (name: NodeJS.Signals): void => {
    process.off('SIGCONT', again);
    restore();
    // Without this listener, and with no other, the signal does what it does by default.
    process.off(name, restoreAndLeave);
    if (process.listenerCount(name) === 0) process.kill(process.pid, name);
  };
  process.on('exit', restore).on('SIGCONT', again);
  for (const name of fatal) process.on(name, restoreAndLeave);
  try {
    mode.makeRaw();
    return await session();
  } finally {
    for (const name of fatal) process.off(name, restoreAndLeave);
    process.off('exit', restore).off('SIGCONT', again);
    restore();
  }
}
