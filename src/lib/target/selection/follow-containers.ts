import type { ApiClient } from '../../kube/index.ts';
import { checkNames } from './check-names.ts';
import { followPods, followTimes, type FollowTimes, type PodNotice } from './follow-pods.ts';
import { merge, type Turn } from './merge.ts';
import type { PickedPod } from './pick-containers.ts';
import { keeperOf, planScopes } from './scopes.ts';
import { trackContainers } from './track-containers.ts';
import type { ContainerEvent, ContainerSelection, SelectionOptions } from './types.ts';

/**
 * The containers that are selected, and what becomes of them: a list, then a watch that goes on after it was cut, with
 * no event lost or repeated. Ends when the signal aborts, or with the loop that reads it; else never. Needs the rights to
 * list and to watch pods.
 *
 * Throws as `listContainers` rejects before it tells anything. Later only when rights or credentials are gone for good.
 */
export function followContainers(
  api: ApiClient,
  selection: ContainerSelection,
  options: SelectionOptions = {},
): AsyncIterable<ContainerEvent> {
  return followWith(api, selection, options, followTimes);
}

/** The same with times of one's own, for tests. */
export async function* followWith(
  api: ApiClient,
  selection: ContainerSelection,
  { signal: outer, say }: SelectionOptions,
  times: FollowTimes,
): AsyncGenerator<ContainerEvent> {
  const ending = new AbortController();
  const abort = (): void => ending.abort(outer?.reason);
  outer?.addEventListener('abort', abort);
  if (outer?.aborted === true) abort();
  const { signal } = ending;
  try {
    const { scopes, missing } = await planScopes(api, selection, signal);
    const followed = scopes.map((scope) => followPods(api, { scope, keep: keeperOf(scope, selection), times, signal }));
    const check = (pods: readonly PickedPod[]): Promise<void> => checkNames(api, selection, pods, missing, signal);
    if (scopes.length === 0) await check([]);
    yield* tell(merge(followed, abort), { scopes: scopes.length, check, say: (note) => say?.(note) });
  } catch (error) {
    if (outer?.aborted !== true) throw error;
  } finally {
    outer?.removeEventListener('abort', abort);
    abort();
  }
}

interface Telling {
  /** How many lists there are. */
  readonly scopes: number;
  /** Rejects when what the lists show is not what was asked for. */
  readonly check: (pods: readonly PickedPod[]) => Promise<void>;
  readonly say: (note: string) => void;
}

/** Turns what the scopes say into events; nothing is told until all of them have listed. */
async function* tell(
  notices: AsyncIterable<Turn<PodNotice>>,
  { scopes, check, say }: Telling,
): AsyncGenerator<ContainerEvent> {
  const tracker = trackContainers(say);
  const interrupted = new Set<number>();
  function* eventsOf({ by, item }: Turn<PodNotice>): Generator<ContainerEvent> {
    if (item.type === 'interrupted') {
      if (interrupted.size === 0) yield item;
      interrupted.add(by);
    } else if (item.type === 'resumed') {
      interrupted.delete(by);
      if (interrupted.size === 0) yield item;
    } else {
      yield* tracker.apply(by, item);
    }
  }

  const early: Turn<PodNotice>[] = [];
  const listed = new Set<number>();
  for await (const turn of notices) {
    if (listed.size === scopes) {
      yield* eventsOf(turn);
      continue;
    }
    early.push(turn);
    if (turn.item.type === 'listed') listed.add(turn.by);
    if (listed.size < scopes) continue;
    await check(early.flatMap(({ item }) => (item.type === 'listed' ? item.pods : [])));
    for (const each of early.splice(0)) yield* eventsOf(each);
    yield { type: 'listed' };
  }
}
