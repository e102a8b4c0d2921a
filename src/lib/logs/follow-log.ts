import type { ApiClient } from '../kube/index.ts';
import { createBackOff, sleep } from './back-off.ts';
import { readContainerNow, type ContainerNow } from './container-now.ts';
import type { LogEvent } from './events.ts';
import { isNotStarted, isUnknown, mayPass } from './failures.ts';
import type { LogBatch, LogSource, OutputStream } from './line.ts';
import { createPosition } from './position.ts';
import { readLines } from './read-lines.ts';
import { isPart, openLog, type LogRequest, type LogTarget } from './request.ts';
import { createRuns, type Known, type News } from './runs.ts';
import { createTrouble } from './trouble.ts';

/** What to follow, and from where on. */
export interface FollowRequest {
  readonly api: ApiClient;
  readonly target: LogTarget;
  readonly source: LogSource;
  /** Of the pod; undefined: it was not read. */
  readonly uid?: string | undefined;
  /** Of the container, as it was when it was read; undefined: it was not. */
  readonly containerId?: string | undefined;
  /** tailLines, sinceSeconds or sinceTime of the first request, and what holds for all of them. */
  readonly start: Pick<LogRequest, 'tailLines' | 'sinceSeconds' | 'sinceTime' | 'insecureSkipTLSVerifyBackend'>;
  readonly stream?: OutputStream | undefined;
  /** How long a container may not have started, in milliseconds. */
  readonly startTimeoutMs: number;
  readonly onEvent: (event: LogEvent) => void;
  /** Resolves when something may have changed in the container, at the latest after so many milliseconds. */
  readonly changed?: ((milliseconds: number) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
}

/** How often a container that does not run is looked at, where nothing tells that it was started. Milliseconds. */
const lookAgain = 2000;
/** The same where `changed` tells. */
const lookAnyway = 30_000;
/** The API server learns a little late that a container has ended, or was started again: so often it is asked, and how often. */
const late = { looks: 4, milliseconds: 500 };
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
  const position = createPosition(isPart(start));
  const runs = createRuns(request.containerId);
  const backOff = createBackOff(signal);
  const trouble = createTrouble(source, onEvent);
  const state = { wasOpen: false, isNewRun: false };
  let uid = request.uid;
  let skip: { readonly at: string; readonly given: number } | undefined;

  /** Waits before the next try; what cannot pass is thrown. */
  const failed = async (error: unknown): Promise<void> => {
    signal.throwIfAborted();
    if (!mayPass(error)) throw error;
    trouble.begin(error.message);
    await backOff.wait();
  };

  /** Opens the log at the present position and gives what is new, until the stream ends or breaks off. */
  async function* readOn(more: Pick<LogRequest, 'follow' | 'previous'>): AsyncGenerator<LogBatch, 'over' | 'broken'> {
    const { since, last: before } = position;
    const resumption = since === undefined ? undefined : position.resume();
    const begins = since === undefined ? start : { sinceTime: since };
    const always = { timestamps: true, stream, insecureSkipTLSVerifyBackend };
    const body = await openLog(api, target, { ...begins, ...always, ...more }, signal);
    state.wasOpen = true;
    if (since === undefined) trouble.end(undefined);
    let mustContinue = resumption !== undefined && !state.isNewRun;
    const isFollowed = more.follow === true;
    const onOpenLine = (open: typeof skip): void => void (skip = open);
    try {
      for await (const batch of readLines(body, { source, stream, skip, isFollowed, onOpenLine })) {
        backOff.reset();
        const fresh = resumption === undefined ? batch : batch.filter((line) => resumption.isNew(line));
        const [line] = fresh;
        if (mustContinue && line !== undefined && resumption?.continues === false && !(yield* takeNewRun())) {
          onEvent({ type: 'rotated', source, from: before ?? '', to: line.at });
        }
        trouble.end(before);
        if (line === undefined) continue;
        mustContinue = false;
        state.isNewRun = false;
        for (const each of fresh) position.take(each);
        yield fresh;
      }
      return 'over';
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      trouble.begin(error.message);
      return 'broken';
    }
  }

  /** What is left of the log of a run that has ended. */
  async function* readRest(previous: boolean): AsyncGenerator<LogBatch, undefined> {
    for (let tries = 4; ;) {
      try {
        if ((yield* readOn({ previous })) === 'over') return;
        await backOff.wait();
      } catch (error) {
        if (!isUnknown(error)) await failed(error);
        else if (tries-- > 0) await backOff.wait();
        else {
          onEvent({ type: 'missed', source, from: position.last });
          return;
        }
      }
    }
  }

  async function look(): Promise<ContainerNow> {
    for (;;) {
      try {
        const now = await readContainerNow(api, target, uid, signal);
        if (now.kind !== 'gone' && now.kind !== 'unknown') uid ??= now.uid;
        return now;
      } catch (error) {
        await failed(error);
      }
    }
  }

  /** Goes over to another run, with what was not read of the one before. */
  async function* takeRun(now: Known, news: News): AsyncGenerator<LogBatch, undefined> {
    trouble.forget();
    if (news.isMissed) onEvent({ type: 'missed', source, from: position.last });
    state.isNewRun = !news.isNext;
    if (news.readFormer) yield* readRest(true);
    onEvent({ type: 'restarted', source, restarts: now.restarts });
    state.isNewRun = true;
  }

  /** A log that does not begin with what was seen of it may be that of a new run. False: it is not. */
  async function* takeNewRun(): AsyncGenerator<LogBatch, boolean> {
    for (let looks = 0; looks < late.looks; looks++) {
      if (looks > 0) await sleep(late.milliseconds, signal);
      const now = await look();
      if (now.kind === 'gone' || now.kind === 'unknown') return false;
      const news = runs.see(now, position.last);
      if (!news.isNew) continue;
      yield* takeRun(now, news);
      return true;
    }
    return false;
  }

  const waitForChange = (): Promise<void> => (request.changed ? request.changed(lookAnyway) : sleep(lookAgain, signal));

  /** Reads what has to be read before the log can be followed on. `isClean`: the server ended the stream in good order. */
  async function* catchUp(isClean: boolean): AsyncGenerator<LogBatch, 'follow-on' | 'over' | 'unknown'> {
    for (let looks = 1, isSaid = false; ; looks++) {
      const now = await look();
      if (now.kind === 'unknown') return 'unknown';
      if (now.kind === 'gone') {
        onEvent({ type: 'gone', source });
        return 'over';
      }
      const news = runs.see(now, position.last);
      if (news.isNew) {
        yield* takeRun(now, news);
        isSaid = false;
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
        yield* readRest(false);
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
        ended = yield* readOn({ follow: true });
      } catch (error) {
        signal.throwIfAborted();
        // A kubelet that has just started knows no pods, and no containers: only the API server tells what became of them.
        // A pod of which nothing was ever seen is not gone: there was none.
        if (isUnknown(error) && (state.wasOpen || (uid !== undefined && (await look()).kind === 'gone'))) {
          if ((yield* catchUp(false)) === 'over') return;
          trouble.begin(error.message);
          await backOff.wait();
        } else if (isNotStarted(error)) {
          if (performance.now() - beganAt > request.startTimeoutMs) throw error;
          onEvent({ type: 'waiting', source, why: error.message });
          await (request.changed ? request.changed(lookAgain) : sleep(lookAgain / 2, signal));
        } else {
          // Who waits for a container to start without end has seen the server before.
          if (!state.wasOpen && request.startTimeoutMs !== Infinity) throw error;
          await failed(error);
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
