import { setTimeout as delay } from 'node:timers/promises';
import type { V1PodList } from '@kubernetes/client-node';
import type { ApiClient } from '../kube/index.ts';
import type { Json } from './json.ts';
import { pathOf } from './kinds.ts';
import { pickPod, type Pod } from './pod-order.ts';
import { watchObjects } from './selection/watch-objects.ts';
import { startTimeLimit } from './time-limit.ts';

/** Whose pods, and how long to wait for one to exist. */
export interface PodSearch {
  readonly namespace: string;
  /** The `labelSelector` query parameter; undefined selects every pod. */
  readonly selector: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once, when there is no pod and the waiting begins. */
  readonly onWait: () => void;
}

/**
 * kubectl's choice of the pods that exist, or else the first that appears within the time: it need not run yet. Source:
 * k8s.io/kubectl/pkg/polymorphichelpers/helpers.go, GetFirstPod. Undefined when the time is over. A watch that the
 * server ends early is begun again.
 */
export async function findFirstPod(api: ApiClient, search: PodSearch): Promise<Pod | undefined> {
  let list = await listPods(api, search, search.signal);
  let pod = pickPod(list.items);
  if (pod !== undefined) return pod;
  search.onWait();
  const limit = startTimeLimit(search.signal, () => undefined);
  limit.give(search.timeoutMs);
  try {
    while (pod === undefined) {
      pod = await watchForPod(api, search, list.metadata?.resourceVersion, limit.signal);
      if (pod !== undefined) break;
      await delay(500, undefined, { signal: limit.signal });
      list = await listPods(api, search, limit.signal);
      pod = pickPod(list.items);
    }
    return pod;
  } catch (error) {
    search.signal?.throwIfAborted();
    if (limit.signal.aborted) return undefined;
    throw error;
  } finally {
    limit.stop();
  }
}

/** The pods that a search is about, as they are now. */
export function listPods(
  api: ApiClient,
  search: Pick<PodSearch, 'namespace' | 'selector'>,
  signal: AbortSignal | undefined,
): Promise<Json<V1PodList>> {
  return api.get(pathOf('pod', search.namespace), { query: new URLSearchParams(queryOf(search)), signal });
}

function queryOf({ selector }: Pick<PodSearch, 'selector'>): Readonly<Record<string, string>> {
  return selector === undefined ? {} : { labelSelector: selector };
}

/** The first pod that a watch shows; undefined when the watch ends, or its version is too old to go on from. */
async function watchForPod(
  api: ApiClient,
  search: PodSearch,
  version: string | undefined,
  signal: AbortSignal,
): Promise<Pod | undefined> {
  const request = { path: pathOf('pod', search.namespace), query: queryOf(search), version, signal };
  let open = false;
  try {
    for await (const notice of watchObjects<Pod>(api, request)) {
      if (notice.type === 'put') return notice.object;
      open = true;
    }
  } catch (error) {
    if (!open) throw error;
    // A watch that breaks off ends like any other: the list that follows tells what is wrong.
  }
  return undefined;
}
