import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { connect } from '../../lib/kube/index.ts';
import { brokenPipeCode, flushed, openOutput, printError, watchReader } from '../../lib/terminal/index.ts';
import { followMany } from './follow-many.ts';
import { showOne } from './one.ts';
import type { LogsOptions } from './options.ts';
import { readMany } from './read-many.ts';
import { requireStreams } from './require-streams.ts';
import { isMany } from './selection.ts';
import type { Session } from './session.ts';
import { createTeller } from './tell.ts';
import { whenOver } from './time-over.ts';

/** Shows logs and gives the exit code. */
export async function runLogs(options: LogsOptions, context: CommandContext): Promise<number> {
  const ending = new AbortController();
  const output = openOutput(1);
  output.on('error', (error) => ending.abort(reasonOf(error)));
  const stopWatching = watchReader(output);
  const cancel = (): void => ending.abort(context.signal.reason);
  context.signal.addEventListener('abort', cancel);
  if (context.signal.aborted) cancel();
  const say = (line: string): void => printError(`${line}\n`);
  const teller = createTeller(options.quiet ? () => {} : say);
  const { signal } = ending;
  const over = whenOver(options.follow ? options.part.until : undefined);
  try {
    const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
    const session: Session = { api, options, output, signal, over: over.signal, say, teller };
    const code = await choose(session);
    await flushed(output);
    return signal.aborted ? endedBy(signal.reason) : code;
  } catch (error) {
    if (output.errored !== null) return reasonOf(output.errored).exit;
    if (signal.aborted) return endedBy(signal.reason);
    throw error;
  } finally {
    stopWatching();
    over.stop();
    context.signal.removeEventListener('abort', cancel);
    teller.flush();
    ending.abort();
  }
}

async function choose(session: Session): Promise<number> {
  const { which, follow, part } = session.options;
  if (part.stream !== undefined) await requireStreams(session.api, session.signal);
  if (!isMany(which)) return showOne(session);
  // The run before is over: there is nothing to follow.
  return follow && !part.previous ? followMany(session) : readMany(session);
}

const readerGone = new KxError('KX_CONNECTION_LOST', 'nobody reads stdout any more', { exit: brokenPipeCode });

/** What cannot be written for another reason than its reader is said as it is thrown. */
function reasonOf(error: Error): KxError {
  return error instanceof KxError ? error : readerGone;
}

/** Who ends a log with Ctrl-C, or has read enough of it, is told nothing. */
function endedBy(reason: unknown): number {
  if (reason instanceof KxError) return reason.exit;
  throw reason;
}
