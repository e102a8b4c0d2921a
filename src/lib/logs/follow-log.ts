import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { createBackOff, sleep } from './back-off.ts';
import { readContainerNow, type ContainerNow } from './container-now.ts';
import type { LogEvent } from './events.ts';
import { isGone, isNotStarted, mayPass } from './failures.ts';
import type { LogBatch, LogSource, OutputStream } from './line.ts';
import { createPosition } from './position.ts';
import { readLines } from './read-lines.ts';
import { openLog, type LogRequest, type LogTarget } from './request.ts';
import { createRuns } from './runs.ts';

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
const lookAgain = 1000;
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
  const position = createPosition();
  const runs = createRuns(request.containerId);
  const backOff = createBackOff(signal);
  let uid = request.uid;
  let skip: { readonly at: string; readonly given: number } | undefined;
  const state = { wasOpen: false, isLost: false, isNewRun: false };

  const lost = (why: string): void => {
    if (!state.isLost) onEvent({ type: 'lost', source, why });
    state.isLost = true;
  };
  const found = (): void => {
    if (state.isLost) onEvent({ type: 'resumed', source, from: position.last });
    state.isLost = false;
  };
  /** Waits before the next try; what cannot pass is thrown. */
  const failed = async (error: unknown): Promise<void> => {
    signal.throwIfAborted();
    if (!mayPass(error)) throw error;
    lost(error.message);
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
    found();
    let mustContinue = !state.isNewRun;
    const rest = more.follow === true ? 'drop' : 'give';
    const onOpenLine = (open: typeof skip): void => void (skip = open);
    try {
      for await (const batch of readLines(body, { source, stream, skip, rest, onOpenLine })) {
        backOff.reset();
        const fresh = resumption === undefined ? batch : batch.filter((line) => resumption.isNew(line));
        const [line] = fresh;
        if (line === undefined) continue;
        if (mustContinue && resumption?.continues === false) {
          onEvent({ type: 'rotated', source, from: before ?? '', to: line.at });
        }
        mustContinue = false;
        state.isNewRun = false;
        for (const each of fresh) position.take(each);
        yield fresh;
      }
      return 'over';
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      lost(error.message);
      return 'broken';
    }
  }

  /** What is left of the log of a run that has ended. */
  async function* readRest(previous: boolean): AsyncGenerator<LogBatch, undefined> {
    for (;;) {
      try {
        if ((yield* readOn({ previous })) === 'over') return;
        await backOff.wait();
      } catch (error) {
        if (error instanceof KxError && (isGone(error) || error.details['status'] === '400')) {
          onEvent({ type: 'missed', source, from: position.last });
          return;
        }
        await failed(error);
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

  const waitForChange = (): Promise<void> => (request.changed ? request.changed(lookAnyway) : sleep(lookAgain, signal));

  /** Reads what has to be read before the log can be followed on. */
  async function* catchUp(): AsyncGenerator<LogBatch, 'follow-on' | 'over' | 'unknown'> {
    for (let isFirst = true, isSaid = false; ; isFirst = false) {
      if (!isFirst) await waitForChange();
      const now = await look();
      if (now.kind === 'unknown') return 'unknown';
      if (now.kind === 'gone') {
        onEvent({ type: 'gone', source });
        return 'over';
      }
      const news = runs.see(now, position.last);
      if (news.isNew) {
        if (news.isMissed) onEvent({ type: 'missed', source, from: position.last });
        state.isNewRun = !news.isNext;
        if (news.readFormer) yield* readRest(true);
        onEvent({ type: 'restarted', source, restarts: now.restarts });
        state.isNewRun = true;
        isSaid = false;
      }
      if (now.kind !== 'ended') {
        if (now.kind === 'running' && !news.isNew) lost('the server ended the stream');
        return 'follow-on';
      }
      if (!runs.isRead(now)) {
        yield* readRest(false);
        runs.noteRead(now);
      }
      if (!isSaid || now.final) onEvent({ type: 'ended', source, why: now.why, final: now.final });
      isSaid = true;
      if (now.final) return 'over';
    }
  }

  if (start.tailLines === 0) await beginAtEnd();

  /** Notes the last line there is, so that what follows can be told from it. */
  async function beginAtEnd(): Promise<void> {
    try {
      const first = { tailLines: 1, timestamps: true, stream, insecureSkipTLSVerifyBackend };
      const body = await openLog(api, target, first, signal);
      for await (const batch of readLines(body, { source, rest: 'give' }))
        for (const line of batch) position.take(line);
    } catch (error) {
      signal.throwIfAborted();
      if (!isNotStarted(error)) throw error;
    }
  }

  const beganAt = performance.now();
  for (let endedAtOnce = 0; ;) {
    const openedAt = performance.now();
    const before = position.last;
    try {
      yield* readOn({ follow: true });
    } catch (error) {
      signal.throwIfAborted();
      if (isGone(error) && state.wasOpen) {
        onEvent({ type: 'gone', source });
        return;
      }
      if (isNotStarted(error)) {
        if (performance.now() - beganAt > request.startTimeoutMs && !state.wasOpen) throw error;
        onEvent({ type: 'waiting', source, why: error.message });
        await (request.changed ? request.changed(lookAgain) : sleep(lookAgain, signal));
      } else {
        if (!state.wasOpen) throw error;
        await failed(error);
      }
      continue;
    }
    const next = yield* catchUp();
    if (next === 'over') return;
    const wasShort = performance.now() - openedAt < atOnce && position.last === before;
    endedAtOnce = wasShort ? endedAtOnce + 1 : 0;
    if (next === 'unknown' && endedAtOnce > 1) {
      onEvent({ type: 'ended', source, why: '', final: true });
      return;
    }
    if (endedAtOnce > 0) await backOff.wait();
  }
}
