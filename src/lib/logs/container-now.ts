import type { V1ContainerStatus } from '@kubernetes/client-node';
import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { pathOf, type Json, type Pod } from '../target/index.ts';
import type { LogTarget } from './request.ts';

/** What the cluster says of a container. */
export type ContainerNow =
  /** The pod is not there any more, or is another one of the same name. */
  | { readonly kind: 'gone' }
  /** The user may not read pods. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'waiting' | 'running' | 'ended';
      readonly uid: string;
      /** Of the run that `kind` is about; undefined: it never ran. */
      readonly containerId: string | undefined;
      /** Of the run before that one. */
      readonly formerId: string | undefined;
      readonly restarts: number;
      /** RFC 3339, of the run that `kind` is about. */
      readonly startedAt: string | undefined;
      /** It has ended and will not be started again. */
      readonly final: boolean;
      /** Why it waits, or how it ended; '' where nothing says. */
      readonly why: string;
    };

type Status = Json<V1ContainerStatus>;

/** Reads the pod of a container. Rejects as ApiClient.get does, but for 403 and 404. */
export async function readContainerNow(
  api: ApiClient,
  target: LogTarget,
  uid: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ContainerNow> {
  let pod: Pod;
  try {
    pod = await api.get<Pod>(pathOf('pod', target.namespace, target.pod), { signal });
  } catch (error) {
    if (!(error instanceof KxError)) throw error;
    if (error.details['status'] === '404') return { kind: 'gone' };
    if (error.code === 'KX_FORBIDDEN') return { kind: 'unknown' };
    throw error;
  }
  if (uid !== undefined && pod.metadata?.uid !== uid) return { kind: 'gone' };
  return describeContainer(pod, target.container);
}

/** What a pod says of one of its containers; without a name of its first. */
export function describeContainer(pod: Pod, named: string | undefined): ContainerNow {
  const container = named ?? pod.spec?.containers[0]?.name ?? '';
  const status = statusOf(pod, container);
  const { running, terminated, waiting } = status?.state ?? {};
  const former = status?.lastState?.terminated ?? undefined;
  const facts = {
    uid: pod.metadata?.uid ?? '',
    restarts: status?.restartCount ?? 0,
    formerId: former?.containerID,
  };
  if (running) {
    const { startedAt } = running;
    return { kind: 'running', ...facts, startedAt, containerId: status?.containerID, final: false, why: '' };
  }
  if (terminated) {
    const { exitCode, reason, startedAt } = terminated;
    const final = !willRestart(pod, container, exitCode);
    const containerId = terminated.containerID ?? status?.containerID;
    return { kind: 'ended', ...facts, startedAt, containerId, final, why: endingOf(exitCode, reason) };
  }
  const isOver = phaseIsFinal(pod) || (pod.metadata?.deletionTimestamp != null && former !== undefined);
  if (former === undefined) {
    const why = isOver ? 'it never ran' : (waiting?.reason ?? '');
    return {
      kind: isOver ? 'ended' : 'waiting',
      ...facts,
      startedAt: undefined,
      containerId: undefined,
      final: isOver,
      why,
    };
  }
  // In this state the kubelet serves the log of the run before: that is the one that counts.
  const { containerID: containerId, startedAt, exitCode, reason } = former;
  const why = endingOf(exitCode, reason);
  return { kind: 'ended', ...facts, startedAt, containerId, formerId: undefined, final: isOver, why };
}

function statusOf({ status = {} }: Pod, container: string): Status | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === container,
  );
}

function phaseIsFinal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** The rules of the kubelet: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy */
function willRestart(pod: Pod, container: string, exitCode: number): boolean {
  if (phaseIsFinal(pod) || pod.metadata?.deletionTimestamp != null) return false;
  const { containers = [], initContainers = [], restartPolicy = 'Always' } = pod.spec ?? {};
  const own = containers.find(({ name }) => name === container);
  const init = initContainers.find(({ name }) => name === container);
  if (own === undefined && init === undefined) return false;
  const policy = own?.restartPolicy ?? init?.restartPolicy ?? restartPolicy;
  if (init !== undefined && init.restartPolicy !== 'Always') return exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

function endingOf(exitCode: number, reason: string | undefined): string {
  return `exit code ${exitCode}${reason === undefined || reason === 'Error' || reason === 'Completed' ? '' : `, ${reason}`}`;
}
