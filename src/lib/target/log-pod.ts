import type { ApiClient } from '../kube/index.ts';
import { awaitPod, type PodsOf } from './await-pod.ts';
import { listPods } from './first-pod.ts';
import { pickLogPod } from './pod-order.ts';

/** The pod of an object whose log kubectl shows, and of how many. */
export interface LogPod {
  readonly pod: string;
  readonly count: number;
}

/**
 * kubectl's choice among the pods of an object, those that have ended included; waits until there is one. Rejects as
 * `resolveTarget` does.
 */
export async function findLogPod(api: ApiClient, request: PodsOf, say: (line: string) => void): Promise<LogPod> {
  const first = await awaitPod(api, request, `kubectl get pods -n ${request.namespace} shows what there is`, say);
  const { items } = await listPods(api, { namespace: request.namespace, selector: first.selector }, request.signal);
  const pod = pickLogPod(items) ?? first.pod;
  return { pod: pod.metadata?.name ?? '', count: items.length };
}
