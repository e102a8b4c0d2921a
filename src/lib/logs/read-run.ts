import { sleep } from './back-off.ts';
import { isUnknown, mayPass } from './failures.ts';
import { beginning, look, waitAfter, type Following } from './following.ts';
import { createGoesOn } from './goes-on.ts';
import type { LogBatch } from './line.ts';
import { readLines } from './read-lines.ts';
import { openLog, type LogRequest } from './request.ts';
import type { Known, News } from './runs.ts';
import { watchSilence } from './silence.ts';

/** The API server learns a little late that a container has ended, or was started again: so often it is asked, and how often. */
export const late = { looks: 4, milliseconds: 500 };
/** How often a log is asked for that the kubelet does not know. */
const mostUnknown = 4;

/**
 * Opens the log at the present position and gives what is new, until the stream ends or breaks off. A connection that
 * freezes breaks off, too.
 */
export async function* readOn(
  following: Following,
  more: Pick<LogRequest, 'follow' | 'previous'>,
): AsyncGenerator<LogBatch, 'over' | 'broken'> {
  const { request, position, trouble, backOff, patience } = following;
  const { api, target, source, start, stream, onEvent, signal } = request;
  const { since, last: before, behind } = position;
  const resumption = since === undefined ? undefined : position.resume();
  const begins = beginning(following);
  const { insecureSkipTLSVerifyBackend } = start;
  const always = { timestamps: true, stream, insecureSkipTLSVerifyBackend };
  const isFollowed = more.follow === true;
  // What is not followed has no reason to be silent.
  const goesOn = isFollowed ? createGoesOn(following) : () => Promise.resolve(true);
  const silence = watchSilence(goesOn, patience);
  const opening = new AbortController();
  const abort = (): void => opening.abort(signal.reason);
  signal.addEventListener('abort', abort);
  let isOpen = false;
  try {
    signal.throwIfAborted();
    const body = await openLog(api, target, { ...begins, ...always, ...more }, opening.signal, silence);
    isOpen = true;
    following.wasOpen = true;
    if (since === undefined) trouble.end(undefined);
    if (behind !== undefined) onEvent({ type: 'set-back', source, from: behind, to: before ?? '' });
    let mustContinue = resumption !== undefined && !following.isNewRun;
    const onOpenLine = (open: Following['skip']): void => void (following.skip = open);
    const { skip } = following;
    for await (const batch of readLines(body, { source, stream, skip, isFollowed, onOpenLine, silence })) {
      const fresh = resumption === undefined ? batch : batch.filter((line) => resumption.isNew(line));
      const [line] = fresh;
      if (mustContinue && line !== undefined && resumption?.continues === false && !(yield* takeNewRun(following))) {
        onEvent({ type: 'rotated', source, from: before ?? '', to: line.at });
      }
      trouble.end(before);
      if (line === undefined) continue;
      // What is only sent again is no progress.
      backOff.reset();
      mustContinue = false;
      following.isNewRun = false;
      for (const each of fresh) position.take(each);
      yield fresh;
    }
    return 'over';
  } catch (error) {
    signal.throwIfAborted();
    if (!isOpen || !mayPass(error)) throw error;
    trouble.begin(error.message);
    return 'broken';
  } finally {
    silence.stop();
    signal.removeEventListener('abort', abort);
    // Where it froze before it was open it is still being asked for.
    if (!isOpen) opening.abort();
  }
}

/** What is left of the log of a run that has ended. False: it is not kept any more. */
export async function* readRest(following: Following, previous: boolean): AsyncGenerator<LogBatch, boolean> {
  const { backOff } = following;
  for (let tries = mostUnknown; ;) {
    try {
      if ((yield* readOn(following, { previous })) === 'over') return true;
      await backOff.wait();
    } catch (error) {
      if (!isUnknown(error)) await waitAfter(error, following);
      else if (tries-- > 0 && (await look(following)).kind !== 'gone') await backOff.wait();
      else return false;
    }
  }
}

/** Goes over to another run, with what was not read of the one before. */
export async function* takeRun(following: Following, now: Known, news: News): AsyncGenerator<LogBatch, undefined> {
  const { trouble, position, request } = following;
  const { onEvent, source } = request;
  trouble.forget();
  const missed = { type: 'missed', source, from: position.last } as const;
  if (news.isMissed) onEvent(missed);
  following.isNewRun = !news.isNext;
  if (news.readFormer && !(yield* readRest(following, true))) onEvent({ ...missed, from: position.last });
  onEvent({ type: 'restarted', source, restarts: now.restarts });
  following.isNewRun = true;
}

/** A log that does not begin with what was seen of it may be that of a new run. False: it is not. */
async function* takeNewRun(following: Following): AsyncGenerator<LogBatch, boolean> {
  const { runs, position, request } = following;
  for (let looks = 0; looks < late.looks; looks++) {
    if (looks > 0) await sleep(late.milliseconds, request.signal);
    const now = await look(following);
    if (now.kind === 'gone' || now.kind === 'unknown') return false;
    const news = runs.see(now, position.last);
    if (!news.isNew) continue;
    yield* takeRun(following, now, news);
    return true;
  }
  return false;
}
