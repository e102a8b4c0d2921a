import { readContainerNow } from './container-now.ts';
import { beginning, type Following } from './following.ts';
import { createGates } from './gate.ts';
import { readLines } from './read-lines.ts';
import { openLog } from './request.ts';
import { withinTime } from './time-limit.ts';

/** So many logs are asked about at once, of however many that are silent. */
const mostAsking = 4;
const gateOf = createGates(mostAsking);
/** Enough for the timestamp of a line. */
const limitBytes = 64;

/**
 * Tells whether a log that is silent goes on elsewhere: it has a line that did not come, or its container has ended or been
 * started again. Rejects when the server does not say.
 */
export function createGoesOn(following: Following): (signal: AbortSignal) => Promise<boolean> {
  const { request, patience, position, runs } = following;
  const { api, target, source, start, stream } = request;
  /** The last record of a log of which nothing is missing: that of a long line is younger than the line. */
  let known: string | undefined;

  async function hasChanged(inTime: AbortSignal): Promise<boolean> {
    const now = await readContainerNow(api, target, following.uid, inTime);
    if (now.kind === 'unknown') return false;
    return now.kind === 'gone' || now.kind === 'ended' || runs.isOther(now, position.last);
  }

  async function hasMore(inTime: AbortSignal): Promise<boolean> {
    const { insecureSkipTLSVerifyBackend } = start;
    const begins = beginning(following);
    const always = { timestamps: true, insecureSkipTLSVerifyBackend };
    const last = await openLog(api, target, { ...begins, ...always, tailLines: 1, limitBytes }, inTime);
    let end: string | undefined;
    for await (const lines of readLines(last, { source, isFollowed: false })) end = lines.at(-1)?.at;
    if (end === undefined || end === known || end === position.last) return false;
    // It may be the end of a long line, or of the other stream: only the lines themselves tell.
    const resumption = position.resume();
    const body = await openLog(api, target, { ...begins, ...always, stream }, inTime);
    for await (const lines of readLines(body, { source, stream, isFollowed: true })) {
      if (lines.some((line) => resumption.isNew(line) && line.end === 'line-feed')) return true;
    }
    known = end;
    return false;
  }

  return async (signal) => {
    const leave = await gateOf(api).enter();
    try {
      return await withinTime(patience.answer, signal, async (inTime) => {
        return (await hasChanged(inTime)) || (await hasMore(inTime));
      });
    } finally {
      leave();
    }
  };
}
