import type { V1ContainerStatus } from '@kubernetes/client-node';
import { KxError } from '../errors/index.ts';
import type { Json } from './json.ts';
import type { Pod } from './pod-order.ts';

type Status = Json<V1ContainerStatus>;

/** kubectl's words for a pod that has ended, as KX_TARGET_NOT_RUNNING; undefined for any other. */
export function completedError(pod: Pod): KxError | undefined {
  const phase = pod.status?.phase;
  if (phase !== 'Succeeded' && phase !== 'Failed') return undefined;
  const message = `cannot exec into a container in a completed pod; current phase is ${phase}`;
  return new KxError('KX_TARGET_NOT_RUNNING', message);
}

/** Why no command can run in a container of a pod now (KX_TARGET_NOT_RUNNING); undefined when it runs, or nothing tells. */
export function notRunningError(pod: Pod, container: string): KxError | undefined {
  const name = pod.metadata?.name ?? '';
  if ((pod.spec?.nodeName ?? '') === '') {
    const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    return notRunning(`pod "${name}" is not assigned to a node yet`, scheduled?.message);
  }
  const status = statusOf(pod, container);
  const where = `container "${container}" of pod "${name}"`;
  if (status?.state?.waiting) {
    const { reason = 'unknown reason' } = status.state.waiting;
    return notRunning(`${where} is not running: it is waiting (${reason})`, hintOf(status, pod));
  }
  if (status?.state?.terminated) {
    return notRunning(`${where} is not running: it has ended (${endingOf(status.state.terminated)})`);
  }
  return undefined;
}

function notRunning(message: string, hint?: string): KxError {
  return new KxError('KX_TARGET_NOT_RUNNING', message, { hint });
}

function statusOf(pod: Pod, container: string): Status | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === container,
  );
}

function hintOf(status: Status, pod: Pod): string | undefined {
  const last = status.lastState?.terminated;
  if (!last) return status.state?.waiting?.message;
  const { name = '', namespace = '' } = pod.metadata ?? {};
  return `it last ended with ${endingOf(last)}: kubectl logs ${name} -c ${status.name} -n ${namespace} --previous`;
}

function endingOf({ exitCode, reason }: { exitCode: number; reason?: string }): string {
  return `exit code ${exitCode}${reason === undefined ? '' : `, ${reason}`}`;
}
