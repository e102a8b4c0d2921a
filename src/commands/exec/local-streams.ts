import type { ExecRequest, RemoteProcess, TerminalSize } from '../../lib/process/index.ts';
import {
  detachOn,
  openInput,
  openOutput,
  openRecording,
  printError,
  terminalSize,
  watchTerminalSize,
} from '../../lib/terminal/index.ts';
import type { ExecOptions } from './options.ts';
import { quoteWords } from './quote-words.ts';
import type { LocalStreams } from './session.ts';

/** What a terminal has that tells no size. */
export const usualSize: TerminalSize = { width: 80, height: 24 };

/** This side of a session, with what follows the terminal and the recording. */
export interface OpenStreams extends LocalStreams {
  /** From here on the process gets the sizes of the terminal. */
  follow(remote: RemoteProcess): void;
  /** Ends the recording and stops following. */
  close(): Promise<void>;
}

/** What this side does with the streams. */
export type StreamOptions = Pick<ExecOptions, 'command' | 'detachKeys' | 'record'>;

/** Opens what the flags ask for. stdin is touched only where the command has one. Rejects with KX_USAGE. */
export async function openLocalStreams(
  request: Pick<ExecRequest, 'stdin' | 'tty'>,
  options: StreamOptions,
): Promise<OpenStreams> {
  const recording =
    options.record === undefined
      ? undefined
      : await openRecording({
          path: options.record,
          size: request.tty ?? terminalSize() ?? usualSize,
          command: quoteWords(options.command),
          onFailure: (error) => printError(`warning: the recording ends here: ${error.message}\n`),
        });
  const detached = Promise.withResolvers<true>();
  const typed = request.stdin ? openInput() : null;
  const keys = options.detachKeys;
  const stdin =
    typed === null || request.tty === null || keys.length === 0
      ? typed
      : typed.pipe(detachOn(keys, () => detached.resolve(true)));
  const [stdout, stderr] = [openOutput(1), openOutput(2)];
  let stopFollowing: (() => void) | undefined;
  return {
    stdin,
    stdout: recording?.through(stdout) ?? stdout,
    stderr: recording?.through(stderr) ?? stderr,
    detached: detached.promise,
    follow: (remote) => {
      if (request.tty === null) return;
      stopFollowing = watchTerminalSize((size) => {
        remote.resize(size);
        recording?.resize(size);
      });
    },
    close: async () => {
      stopFollowing?.();
      typed?.destroy();
      await recording?.close();
    },
  };
}
