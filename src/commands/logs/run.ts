import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import { openOutput, printError } from '../../lib/terminal/index.ts';
import { followMany } from './follow-many.ts';
import { showOne } from './one.ts';
import type { LogsOptions } from './options.ts';
import { readMany } from './read-many.ts';
import { isMany } from './selection.ts';
import { createTeller, type Teller } from './tell.ts';

/** One run of the command. */
export interface Run {
  readonly api: ApiClient;
  readonly options: LogsOptions;
  readonly output: ReturnType<typeof openOutput>;
  /** Ends with the command, with Ctrl-C and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /** Writes a line to stderr. */
  readonly say: (line: string) => void;
  readonly teller: Teller;
  readonly log: CommandContext['log'];
}

/** 128 + SIGPIPE: what a program has that writes to a pipe nobody reads. */
const brokenPipeCode = 141;

/** Shows logs and gives the exit code. */
export async function runLogs(options: LogsOptions, context: CommandContext): Promise<number> {
  const ending = new AbortController();
  const output = openOutput(1);
  output.on('error', () => ending.abort(readerGone));
  const cancel = (): void => ending.abort(context.signal.reason);
  context.signal.addEventListener('abort', cancel);
  if (context.signal.aborted) cancel();
  const say = (line: string): void => printError(`${line}\n`);
  const teller = createTeller(options.quiet ? () => {} : say);
  const { signal } = ending;
  try {
    const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
    const run: Run = { api, options, output, signal, say, teller, log: (level, line) => context.log(level, line) };
    const code = await choose(run);
    await flushed(output);
    return signal.aborted ? endedBy(signal.reason) : code;
  } catch (error) {
    if (output.errored !== null) return brokenPipeCode;
    if (signal.aborted) return endedBy(signal.reason);
    throw error;
  } finally {
    context.signal.removeEventListener('abort', cancel);
    teller.flush();
    ending.abort();
  }
}

function choose(run: Run): Promise<number> {
  const { which, follow, part } = run.options;
  if (!isMany(which)) return showOne(run);
  // The run before is over: there is nothing to follow.
  return follow && !part.previous ? followMany(run) : readMany(run);
}

const readerGone = new KxError('KX_CONNECTION_LOST', 'nobody reads stdout any more', { exit: brokenPipeCode });

/** Who ends a log with Ctrl-C, or has read enough of it, is told nothing. */
function endedBy(reason: unknown): number {
  if (reason instanceof KxError) return reason.exit;
  throw reason;
}

/** Resolves when everything was written, or nobody reads it. */
function flushed(output: Run['output']): Promise<void> {
  return new Promise((resolve) => {
    if (output.writableLength === 0 || output.destroyed) resolve();
    else output.write('', () => resolve());
  });
}
