import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { targetIn } from './container.ts';
import { getObject } from './missing.ts';
import type { Pod } from './pod-order.ts';
import { notRunningError } from './pod-state.ts';
import type { Target } from './target.ts';

/**
 * The pod of a target as it is now, and the container that is meant. Rejects with KX_TARGET_NOT_FOUND,
 * KX_TARGET_NOT_RUNNING (the pod or the container), KX_TARGET_CHANGED, or what the ApiClient rejects with. `say` is told
 * of a container that was taken by default.
 */
export async function readPod(
  api: ApiClient,
  target: Target,
  signal?: AbortSignal,
  say?: (line: string) => void,
): Promise<{ readonly pod: Pod; readonly target: Required<Target> }> {
  const pod = await getObject<Pod>(api, { kind: 'pod', name: target.pod }, target.namespace, signal);
  const { container = '', uid = '' } = targetIn(
    pod,
    { container: target.container, quiet: say === undefined },
    say ?? (() => {}),
  );
  if (target.uid !== undefined && target.uid !== uid) {
    throw new KxError('KX_TARGET_CHANGED', `pod "${target.pod}" was created again after it was chosen`);
  }
  const notRunning = notRunningError(pod, container);
  if (notRunning !== undefined) throw notRunning;
  return { pod, target: { namespace: target.namespace, pod: target.pod, container, uid } };
}
