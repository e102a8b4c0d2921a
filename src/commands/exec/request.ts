import type { ExecRequest } from '../../lib/process/index.ts';
import { isTerminal, terminalSize } from '../../lib/terminal/index.ts';
import { usualSize } from './local-streams.ts';
import type { ExecOptions } from './options.ts';

/** What the flags ask for. A terminal is given only where stdin is one, which is said otherwise. */
export function requestOf(
  options: Pick<ExecOptions, 'command' | 'stdin' | 'tty' | 'quiet' | 'env' | 'workdir'>,
  say: (line: string) => void,
): ExecRequest {
  const { command, stdin, env, workdir } = options;
  let tty = stdin && options.tty;
  if (tty && !isTerminal(0)) {
    tty = false;
    if (!options.quiet) say('Unable to use a TTY - input is not a terminal or the right kind of file');
  }
  return {
    command,
    stdin,
    tty: tty ? (terminalSize() ?? usualSize) : null,
    env,
    ...(workdir === undefined ? {} : { cwd: workdir }),
  };
}
