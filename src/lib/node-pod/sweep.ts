import type { V1PodList } from '@kubernetes/client-node';
import type { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { pathOf, type Json, type Pod } from '../target/index.ts';
import {
  deadlineAnnotation,
  keepLabel,
  marker,
  purposeAnnotation,
  sinceAnnotation,
  userAnnotation,
} from './manifest.ts';
import { removePod } from './remove.ts';

/** A pod that has not started within this time was left by a kx that died, in milliseconds. */
const longestStartMs = 600_000;

/** A node pod that is there, of whomever. */
export interface FoundNodePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly user: string;
  readonly purpose: string;
  /** RFC 3339. */
  readonly since: string;
  readonly deadline: string;
  readonly phase: string;
  readonly kept: boolean;
  /** Why it may be removed; undefined while it may be in use. */
  readonly expired: 'ended' | 'past its deadline' | 'never started' | undefined;
}

/** The node pods of a namespace, or of all. */
export async function findNodePods(
  api: ApiClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<readonly FoundNodePod[]> {
  const query = new URLSearchParams({ labelSelector: marker });
  const { items } = await api.get<Json<V1PodList>>(pathOf('pod', namespace), { query, signal });
  return items.map((pod) => describe(pod, Date.now()));
}

function describe({ metadata, spec, status }: Pod, now: number): FoundNodePod {
  const { annotations = {}, labels = {} } = metadata ?? {};
  const since = annotations[sinceAnnotation] ?? metadata?.creationTimestamp ?? '';
  const deadline = annotations[deadlineAnnotation] ?? '';
  const phase = status?.phase ?? 'Pending';
  const isPast = (time: string, ms: number): boolean => now - Date.parse(time) > ms;
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    node: spec?.nodeName ?? '',
    user: annotations[userAnnotation] ?? '',
    purpose: annotations[purposeAnnotation] ?? '',
    since,
    deadline,
    phase,
    kept: labels[keepLabel] !== undefined,
    expired:
      phase === 'Succeeded' || phase === 'Failed'
        ? 'ended'
        : isPast(deadline, 0)
          ? 'past its deadline'
          : // A creation time of the server, as clocks differ.
            phase === 'Pending' && isPast(metadata?.creationTimestamp ?? since, longestStartMs)
            ? 'never started'
            : undefined,
  };
}

/** Deletes one; gives why it could not. */
export function removeNodePod(api: ApiClient, { namespace, name, uid }: FoundNodePod): Promise<KxError | undefined> {
  return removePod(api, { namespace, pod: name, uid }, 1);
}

/** Deletes those of a namespace that have ended, as a kx that was killed leaves them. Never rejects. */
export async function sweepFinished(api: ApiClient, namespace: string, signal: AbortSignal): Promise<void> {
  const found = await findNodePods(api, namespace, signal).catch(() => []);
  await Promise.all(found.filter(({ expired }) => expired === 'ended').map((pod) => removeNodePod(api, pod)));
}
