import type { V1Pod } from '@kubernetes/client-node';
import type { Json } from './json.ts';

/** A pod as the API server sends it. */
export type Pod = Json<V1Pod>;

/** A phase that is not in the table (Succeeded, Failed) counts as Pending, as in kubectl. */
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The pod that kubectl takes of those a workload selects: the first of sort.Reverse(ActivePods)
 * (k8s.io/kubectl/pkg/util/podutils). Undefined when there is none. Where nothing tells two pods apart the earlier of
 * the list wins; kubectl's sort is not stable beyond twelve pods, so its choice is any of them.
 */
export function pickPod(pods: readonly Pod[]): Pod | undefined {
  return [...pods].sort(comparePods)[0];
}

/** Negative when `a` is the better pod. Each line is one rule of ActivePods.Less, in its order and turned round. */
function comparePods(a: Pod, b: Pod): number {
  return (
    Number(isAssigned(b)) - Number(isAssigned(a)) ||
    rankOf(b) - rankOf(a) ||
    Number(isReady(b)) - Number(isReady(a)) ||
    Number(isDeleting(a)) - Number(isDeleting(b)) ||
    deletedAt(b) - deletedAt(a) ||
    earlier(readySince(a), readySince(b)) ||
    restarts(a) - restarts(b) ||
    sidecarRestarts(a) - sidecarRestarts(b) ||
    earlier(timeOf(a.metadata?.creationTimestamp), timeOf(b.metadata?.creationTimestamp))
  );
}

/**
 * The pod whose log kubectl shows: the first of podutils.ByLogging. It differs from `pickPod` in pods that have ended, which
 * count as running, and in restarts: more of them are of more interest.
 */
export function pickLogPod(pods: readonly Pod[]): Pod | undefined {
  return [...pods].sort(compareLogPods)[0];
}

const waitingRank: Readonly<Record<string, number>> = { Unknown: 1, Pending: 2 };

function compareLogPods(a: Pod, b: Pod): number {
  return (
    Number(isAssigned(b)) - Number(isAssigned(a)) ||
    (waitingRank[a.status?.phase ?? ''] ?? 0) - (waitingRank[b.status?.phase ?? ''] ?? 0) ||
    Number(isReady(b)) - Number(isReady(a)) ||
    earlier(readySince(a), readySince(b)) ||
    restarts(b) - restarts(a) ||
    sidecarRestarts(b) - sidecarRestarts(a) ||
    earlier(timeOf(a.metadata?.creationTimestamp), timeOf(b.metadata?.creationTimestamp))
  );
}

function isAssigned(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== '';
}

function rankOf(pod: Pod): number {
  return phaseRank[pod.status?.phase ?? ''] ?? 0;
}

function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find((condition) => condition.type === 'Ready');
}

function isDeleting(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp != null;
}

function deletedAt(pod: Pod): number {
  return timeOf(pod.metadata?.deletionTimestamp);
}

function readySince(pod: Pod): number {
  return isReady(pod) ? timeOf(readyCondition(pod)?.lastTransitionTime) : 0;
}

/** Milliseconds; 0 for no time, which the rules below take for the worst. */
function timeOf(time: string | null | undefined): number {
  return time == null ? 0 : Date.parse(time);
}

function earlier(a: number, b: number): number {
  return (a || Infinity) === (b || Infinity) ? 0 : (a || Infinity) - (b || Infinity);
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((status) => status.restartCount));
}

function sidecarRestarts(pod: Pod): number {
  const sidecars = (pod.spec?.initContainers ?? []).filter((each) => each.restartPolicy === 'Always');
  const statuses = (pod.status?.initContainerStatuses ?? []).filter((status) =>
    sidecars.some((sidecar) => sidecar.name === status.name),
  );
  return Math.max(0, ...statuses.map((status) => status.restartCount));
}
