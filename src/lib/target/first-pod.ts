import { setTimeout as delay } from 'node:timers/promises';
import type { V1PodList } from '@kubernetes/client-node';
import type { ApiClient } from '../kube/index.ts';
import type { Json } from './json.ts';
import { pathOf } from './kinds.ts';
import { pickPod, type Pod } from './pod-order.ts';

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
  const limit = startLimit(search.timeoutMs, search.signal);
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
  return api.get(pathOf('pod', search.namespace), { query: queryOf(search), signal });
}

function queryOf({ selector }: Pick<PodSearch, 'selector'>): URLSearchParams {
  return new URLSearchParams(selector === undefined ? {} : { labelSelector: selector });
}

/** The first pod that a watch shows; undefined when the watch ends, or its version is too old to go on from. */
async function watchForPod(
  api: ApiClient,
  search: PodSearch,
  resourceVersion: string | undefined,
  signal: AbortSignal,
): Promise<Pod | undefined> {
  const query = queryOf(search);
  query.set('watch', 'true');
  if (resourceVersion !== undefined) query.set('resourceVersion', resourceVersion);
  const stream = await api.stream(pathOf('pod', search.namespace), { query, signal });
  try {
    for await (const line of linesOf(stream)) {
      const event = JSON.parse(line) as { type: string; object: Pod };
      if (event.type === 'ADDED' || event.type === 'MODIFIED') return event.object;
      if (event.type === 'ERROR') return undefined;
    }
  } catch {
    // A watch that breaks off ends like any other: the list that follows tells what is wrong.
  }
  return undefined;
}

async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}

/** A signal that aborts after a time, or with another signal. Not AbortSignal.any: some Nodes collect that too early. */
function startLimit(timeoutMs: number, outer: AbortSignal | undefined): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    stop: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}
