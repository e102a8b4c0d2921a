import { isNotStarted } from './failures.ts';
import { followLog } from './follow-log.ts';
import type { FollowRequest } from './following.ts';
import { limitLines } from './limit-lines.ts';
import type { LogBatch } from './line.ts';
import { readLog } from './read-log.ts';
import { compareTimestamps, formatSecond, parseMoment } from './timestamp.ts';

/**
 * Follows a log from its last so many lines on, where the server cannot count them: that of stdout or stderr alone. Reads
 * what there is once before. Throws as followLog does.
 */
export async function* followTail(request: FollowRequest, count: number): AsyncGenerator<LogBatch, undefined> {
  const first = await beginningOf(request, Math.max(count, 1));
  const moment = first === undefined ? undefined : parseMoment(first);
  if (first === undefined || moment === undefined) {
    yield* followLog(request);
    return;
  }
  const { insecureSkipTLSVerifyBackend } = request.start;
  const start = { sinceTime: formatSecond(moment.second), insecureSkipTLSVerifyBackend };
  // Without lines to begin with only what is later than the last one is wanted.
  const least = count === 0 ? 1 : 0;
  let hasBegun = false;
  for await (const batch of followLog({ ...request, start })) {
    const wanted = hasBegun ? batch : batch.filter(({ at }) => compareTimestamps(at, first) >= least);
    if (wanted.length === 0) continue;
    hasBegun = true;
    yield wanted;
  }
}

/** The timestamp of the first of the last lines; undefined: there is none yet. */
async function beginningOf(request: FollowRequest, tail: number): Promise<string | undefined> {
  const { api, target, source, start, stream, signal } = request;
  const log = readLog({ api, target, source, start, stream, signal });
  try {
    for await (const [line] of limitLines(log, { tail }, () => 0)) return line?.at;
  } catch (error) {
    signal.throwIfAborted();
    if (!isNotStarted(error)) throw error;
  }
  return undefined;
}
