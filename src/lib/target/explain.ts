import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { wrongContainerError } from './container.ts';
import { explainMissing, hasStatus, isExplainedMissing, isMissing } from './missing.ts';
import { pathOf } from './kinds.ts';
import type { Pod } from './pod-order.ts';
import { completedError, notRunningError } from './pod-state.ts';
import type { Target } from './target.ts';

/**
 * The best error for an exec that the server refused: a pod that is not there (and similar names), that has ended, was
 * created again, or has no such container; a container that does not run. Asks the cluster once more; where that gives
 * nothing, or is forbidden, the original error. `ran` stays what it was. Never rejects.
 */
export async function explainExecFailure(
  api: ApiClient,
  target: Target,
  error: KxError,
  signal?: AbortSignal,
): Promise<KxError> {
  if (!isAboutTarget(error)) return error;
  const reference = { kind: 'pod', name: target.pod } as const;
  if (isMissing(error, target.pod)) return explainMissing(api, reference, target.namespace, error, signal);
  let pod: Pod;
  try {
    pod = await api.get<Pod>(pathOf('pod', target.namespace, target.pod), { signal });
  } catch (failure) {
    if (!isMissing(failure, target.pod)) return error;
    return explainMissing(api, reference, target.namespace, error, signal);
  }
  const better = explainBy(pod, target);
  if (better === undefined) return error;
  const { ran, details } = error;
  return new KxError(better.code, better.message, { ran, details, hint: better.hint, cause: error });
}

/**
 * Errors of the connection, of the user's rights and of the command itself say nothing about the pod, and what this
 * folder has said already (its cause is the server's 404) gets no better.
 */
function isAboutTarget(error: KxError): boolean {
  if (error.ran === 'yes') return false;
  return error.code === 'KX_REMOTE' || (hasStatus(error, 404) && !isExplainedMissing(error));
}

function explainBy(pod: Pod, target: Target): KxError | undefined {
  if (pod.metadata?.name !== target.pod) return undefined; // Whatever answered, it is not this pod.
  if (target.uid !== undefined && pod.metadata.uid !== target.uid) {
    return new KxError('KX_TARGET_CHANGED', `pod "${target.pod}" was created again after it was chosen`);
  }
  const completed = completedError(pod);
  if (completed !== undefined) return completed;
  const container = target.container ?? onlyContainer(pod);
  if (container === undefined) return undefined;
  return wrongContainerError(pod, container) ?? notRunningError(pod, container);
}

/** The container that the server takes when none is named. */
function onlyContainer(pod: Pod): string | undefined {
  const [first, ...others] = pod.spec?.containers ?? [];
  return others.length === 0 ? first?.name : undefined;
}
