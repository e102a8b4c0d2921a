import { sleep } from './back-off.ts';
import { isNotStarted, isUnknown } from './failures.ts';
import { createFollowing, look, waitAfter, type FollowRequest } from './following.ts';
import type { LogBatch } from './line.ts';
import { readLines } from './read-lines.ts';
import { late, readOn, readRest, takeRun } from './read-run.ts';
import { openLog } from './request.ts';

/** How often a container that does not run is looked at, where nothing tells that it was started. Milliseconds. */
const lookAgain = 2000;
/** The same where `changed` tells. */
const lookAnyway = 30_000;
/** A stream that ends so soon without a line, twice: what is followed has ended. Only where pods cannot be read. */
const atOnce = 1000;

/**
 * The lines of a container, from where the request says until the container will not run any more: through lost
 * connections (nothing is lost or repeated, see `Position`), rotations and restarts. That a stream ends is not taken for an
 * end: what the cluster says of the container is, and then the rest of its log is read.
 *
 * Throws what cannot pass by itself (KX_FORBIDDEN, KX_UNAUTHENTICATED, no such container), the abort reason, and at the
 * beginning any error but that of a container that has not started.
 */
export async function* followLog(request: FollowRequest): AsyncGenerator<LogBatch, undefined> {
  const { api, target, source, start, stream, onEvent, signal } = request;
  const { insecureSkipTLSVerifyBackend } = start;
  const following = createFollowing(request);
  const { position, runs, backOff, trouble } = following;

  const waitForChange = (): Promise<void> => (request.changed ? request.changed(lookAnyway) : sleep(lookAgain, signal));

  /** Reads what has to be read before the log can be followed on. `isClean`: the server ended the stream in good order. */
  async function* catchUp(isClean: boolean): AsyncGenerator<LogBatch, 'follow-on' | 'over' | 'unknown'> {
    let isWhole = isClean;
    for (let looks = 1, isSaid = false; ; looks++) {
      const now = await look(following);
      if (now.kind === 'unknown') return 'unknown';
      if (now.kind === 'gone') {
        onEvent({ type: 'gone', source });
        return 'over';
      }
      const news = runs.see(now, position.last);
      if (news.isNew) {
        yield* takeRun(following, now, news);
        isSaid = false;
        isWhole = false;
      }
      if (now.kind === 'running' && !news.isNew && isClean && looks < late.looks) {
        await sleep(late.milliseconds, signal);
        continue;
      }
      if (now.kind !== 'ended') {
        if (now.kind === 'running' && !news.isNew) trouble.begin('the server ended the stream');
        return 'follow-on';
      }
      trouble.forget();
      if (!runs.isRead(now)) {
        // Of a pod that is deleted the log goes at once, too: its stream that ended with the container was all.
        const isThere = yield* readRest(following, false);
        if (!isThere && !isWhole) onEvent({ type: 'missed', source, from: position.last });
        runs.noteRead(now);
      }
      if (!isSaid || now.final) onEvent({ type: 'ended', source, why: now.why, final: now.final });
      isSaid = true;
      if (now.final) return 'over';
      await waitForChange();
    }
  }

  /** Notes the last line there is, so that what follows can be told from it. */
  async function beginAtEnd(): Promise<void> {
    try {
      const last = { tailLines: 1, timestamps: true, stream, insecureSkipTLSVerifyBackend };
      const body = await openLog(api, target, last, signal);
      for await (const batch of readLines(body, { source, isFollowed: false }))
        for (const line of batch) position.take(line);
    } catch (error) {
      signal.throwIfAborted();
      if (!isNotStarted(error)) throw error;
    }
  }

  async function* follow(): AsyncGenerator<LogBatch, undefined> {
    if (start.tailLines === 0) await beginAtEnd();
    const beganAt = performance.now();
    for (let endedAtOnce = 0; ;) {
      const openedAt = performance.now();
      const before = position.last;
      let ended: 'over' | 'broken';
      try {
        ended = yield* readOn(following, { follow: true });
      } catch (error) {
        signal.throwIfAborted();
        // A kubelet that has just started knows no pods, and no containers: only the API server tells what became of them.
        // A pod of which nothing was ever seen is not gone: there was none.
        if (
          isUnknown(error) &&
          (following.wasOpen || (following.uid !== undefined && (await look(following)).kind === 'gone'))
        ) {
          if ((yield* catchUp(false)) === 'over') return;
          trouble.begin(error.message);
          await backOff.wait();
        } else if (isNotStarted(error)) {
          if (performance.now() - beganAt > request.startTimeoutMs) throw error;
          onEvent({ type: 'waiting', source, why: error.message });
          await (request.changed ? request.changed(lookAgain) : sleep(lookAgain / 2, signal));
        } else {
          // Who waits for a container to start without end has seen the server before.
          if (!following.wasOpen && request.startTimeoutMs !== Infinity) throw error;
          await waitAfter(error, following);
        }
        continue;
      }
      const wasShort = performance.now() - openedAt < atOnce && position.last === before;
      const next = yield* catchUp(ended === 'over');
      if (next === 'over') return;
      endedAtOnce = wasShort ? endedAtOnce + 1 : 0;
      if (next === 'unknown' && endedAtOnce > 1) {
        onEvent({ type: 'ended', source, why: '', final: true });
        return;
      }
      if (ended === 'broken' || endedAtOnce > 0) await backOff.wait();
    }
  }

  try {
    yield* follow();
  } finally {
    trouble.forget();
  }
}
