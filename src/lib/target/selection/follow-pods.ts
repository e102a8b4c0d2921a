import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../../kube/index.ts';
import { KxError, toKxError } from '../../errors/index.ts';
import { pathOf } from '../kinds.ts';
import { hasStatus } from '../missing.ts';
import type { Pod } from '../pod-order.ts';
import { startTimeLimit, type TimeLimit } from '../time-limit.ts';
import type { PickedPod } from './pick-containers.ts';
import { readObjects } from './read-objects.ts';
import type { PodScope } from './scopes.ts';
import type { PodChange } from './track-containers.ts';
import { watchObjects } from './watch-objects.ts';

/** How patient a follower is, in milliseconds. */
export interface FollowTimes {
  /**
   * A watch that says nothing for so long is begun again: its connection may be dead. A server with something to say
   * sends a bookmark every minute (k8s.io/apiserver/pkg/storage/cacher, defaultBookmarkFrequency).
   */
  readonly silence: number;
  /** The server has so long to answer after the first list. */
  readonly answer: number;
  /** A watch that was open for so long was not refused. */
  readonly steady: number;
  readonly firstPause: number;
  readonly longestPause: number;
  /** A server that has just started may refuse for a while what it allows. */
  readonly refusals: number;
}

export const followTimes: FollowTimes = {
  silence: 90_000,
  answer: 30_000,
  steady: 1_000,
  firstPause: 250,
  longestPause: 30_000,
  refusals: 60_000,
};

/** What becomes of pods, and of the way to hear of it. */
export type PodNotice =
  | PodChange
  /** Asking again at once has failed, too. */
  | { readonly type: 'interrupted'; readonly error: KxError }
  | { readonly type: 'resumed' };

export interface Follow {
  readonly scope: PodScope;
  readonly keep: (pod: Pod) => Promise<PickedPod | undefined>;
  readonly times: FollowTimes;
  readonly signal: AbortSignal;
}

/**
 * Lists the pods of a scope, then watches them for ever; where a watch cannot go on, it lists again. Throws what the first
 * list rejects with, what the signal aborts with, and refusals (401, 403) that last.
 */
export async function* followPods(api: ApiClient, follow: Follow): AsyncGenerator<PodNotice> {
  const { scope, keep, signal, times } = follow;
  const request = { path: pathOf('pod', scope.namespace), query: scope.query };
  const read = await readObjects(api, { ...request, signal }, keep);
  yield { type: 'listed', pods: read.kept };
  const state: State = { version: read.version, failures: 0, interrupted: false, refusedSince: undefined };
  for (;;) {
    const limit = startTimeLimit(signal, () => silent(api));
    try {
      yield* goOn(api, follow, state, limit);
    } catch (error) {
      if (signal.aborted) throw error;
      if (hasStatus(error, 410)) state.version = undefined;
      else yield* complain(toKxError(error), state, times);
    } finally {
      limit.stop();
    }
    await pause(state, times, signal);
  }
}

interface State {
  /** Where to go on; undefined: with a list. */
  version: string | undefined;
  /** Attempts since the last one that got anything. */
  failures: number;
  interrupted: boolean;
  /** By performance.now(). */
  refusedSince: number | undefined;
}

/** One watch, with a list before it where the state asks for one. */
async function* goOn(api: ApiClient, follow: Follow, state: State, limit: TimeLimit): AsyncGenerator<PodNotice> {
  const { scope, keep, times } = follow;
  const { signal, give } = limit;
  const request = { path: pathOf('pod', scope.namespace), query: scope.query, signal };
  let open = Infinity;
  state.failures++;
  give(times.answer);
  try {
    if (state.version === undefined) {
      const read = await readObjects(api, { ...request, onPage: () => give(times.answer) }, keep);
      yield* resume(state);
      yield { type: 'listed', pods: read.kept };
      state.version = read.version;
      give(times.answer);
    }
    const query = { ...scope.query, allowWatchBookmarks: 'true' };
    const watch = { ...request, query, version: state.version, onTraffic: () => give(times.silence) };
    for await (const notice of watchObjects<Pod>(api, watch)) {
      if (notice.type === 'open') {
        open = performance.now();
        yield* resume(state);
        continue;
      }
      if (notice.type !== 'bookmark') {
        const pod = await keep(notice.object);
        if (pod !== undefined) yield { type: notice.type, pod };
      }
      state.version = notice.version;
      state.failures = 0;
    }
  } finally {
    // Every watch ends some time; one that held is begun again at once, and without a word.
    if (performance.now() - open >= times.steady) state.failures = 0;
  }
}

function* resume(state: State): Generator<PodNotice> {
  state.refusedSince = undefined;
  if (!state.interrupted) return;
  state.interrupted = false;
  yield { type: 'resumed' };
}

function silent({ server }: ApiClient): KxError {
  return new KxError('KX_UNREACHABLE', `the server ${new URL(server).host} says nothing`);
}

function* complain(error: KxError, state: State, { refusals }: FollowTimes): Generator<PodNotice> {
  if (error.code === 'KX_FORBIDDEN' || error.code === 'KX_UNAUTHENTICATED') {
    state.refusedSince ??= performance.now();
    if (performance.now() - state.refusedSince >= refusals) throw error;
  }
  if (state.failures === 0 || state.interrupted) return;
  state.interrupted = true;
  yield { type: 'interrupted', error };
}

/** None before the first attempt; then twice as long every time, and never the same for all clients. */
async function pause(
  { failures }: State,
  { firstPause, longestPause }: FollowTimes,
  signal: AbortSignal,
): Promise<void> {
  if (failures === 0) return;
  const longest = Math.min(longestPause, firstPause * 2 ** (failures - 1));
  await delay(longest * (0.5 + Math.random() / 2), undefined, { signal });
}
