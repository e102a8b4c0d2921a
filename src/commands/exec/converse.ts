import type { CommandContext } from '../../base-command.ts';
import type { ExecRequest } from '../../lib/process/index.ts';
import { withRawMode } from '../../lib/terminal/index.ts';
import { openLocalStreams, type StreamOptions } from './local-streams.ts';
import { runSession, type SessionEnd } from './session.ts';
import type { Started } from './start.ts';
import type { TimeLimit } from './time-limit.ts';

/** What a conversation is about: what was asked for, what this side does with it, and how long it may take. */
export interface Conversation {
  readonly request: Pick<ExecRequest, 'stdin' | 'tty'>;
  readonly options: StreamOptions;
  readonly limit: TimeLimit;
}

/** Starts a command, connects it to this side until one of them ends, and gives the exit code. Rejects as `runSession` does. */
export async function converse(
  start: (signal: AbortSignal) => Promise<Started>,
  { request, options, limit }: Conversation,
  context: CommandContext,
): Promise<number> {
  const local = await openLocalStreams(request, options);
  try {
    const started = await start(limit.signal);
    limit.stop();
    local.follow(started.remote);
    const session = (): Promise<SessionEnd> => runSession(started, local, limit.left(), context);
    // Not before the command has started: until then Ctrl-C is to reach kx.
    const { code, notes } = await (request.tty === null ? session() : withRawMode(session));
    for (const { level, line } of notes) context.log(level, line);
    return code;
  } finally {
    await local.close();
  }
}
