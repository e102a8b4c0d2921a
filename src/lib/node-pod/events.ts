import type { CoreV1EventList } from '@kubernetes/client-node';
import type { ApiClient } from '../kube/index.ts';
import type { Json, Pod } from '../target/index.ts';

/** The latest events of a pod, oldest first, as lines for people. Empty where they cannot be read. */
export async function eventsOf(api: ApiClient, pod: Pod, signal: AbortSignal): Promise<readonly string[]> {
  const { namespace = '', uid = '' } = pod.metadata ?? {};
  const query = new URLSearchParams({ fieldSelector: `involvedObject.uid=${uid}` });
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  try {
    const { items } = await api.get<Json<CoreV1EventList>>(path, { query, signal });
    return items
      .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
      .slice(-8)
      .map(({ type = '', reason = '', message = '' }) => `${type} ${reason}: ${message.replace(/\s+/g, ' ').trim()}`);
  } catch {
    return [];
  }
}

function timeOf(event: Json<CoreV1EventList>['items'][number]): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
}
