import { KxError } from '../errors/index.ts';

/** The kubelet's 400 for a container that has no log yet. https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/kubelet_pods.go#L1500 */
const notYet =
  /is waiting to start|is not available|does not have a host assigned|is terminated$|cannot be found - no logs/;

/** What the kubelet writes into the log of a run that was removed just now: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/kuberuntime/kuberuntime_container.go#L1093 */
const removed = /unable to retrieve container logs for \S+$/;

/** Whether a log is refused because its container has not started; later it may be there. */
export function isNotStarted(error: unknown): error is KxError {
  return error instanceof KxError && error.details['status'] === '400' && notYet.test(error.message);
}

/** Whether the same request may succeed later: the way to the server, the server itself or the kubelet fails now. */
export function mayPass(error: unknown): error is KxError {
  if (!(error instanceof KxError) || error.details['final'] === 'true' || removed.test(error.message)) return false;
  if (error.code === 'KX_UNREACHABLE' || error.code === 'KX_CONNECTION_LOST') return true;
  const status = Number(error.details['status'] ?? 0);
  return error.code === 'KX_REMOTE' && (status >= 500 || status === 429);
}

/** Whether the kubelet does not know the pod, the container or the run that is asked for, or the API server the pod. */
export function isUnknown(error: unknown): error is KxError {
  if (!(error instanceof KxError)) return false;
  return ['400', '404'].includes(error.details['status'] ?? '') || removed.test(error.message);
}

/** A stream of a log that ended with an error, as KX_CONNECTION_LOST; a KxError passes unchanged. */
export function toLost(thrown: unknown, what: string): KxError {
  if (thrown instanceof KxError) return thrown;
  return new KxError('KX_CONNECTION_LOST', `the connection was lost while reading ${what}`, {
    ran: 'yes',
    cause: thrown,
    hint: 'what came before is a part of the log only',
  });
}
