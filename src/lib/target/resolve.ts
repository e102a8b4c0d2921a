import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { targetIn } from './container.ts';
import { findFirstPod } from './first-pod.ts';
import { getObject } from './missing.ts';
import { checkNamespace } from './names.ts';
import type { Pod } from './pod-order.ts';
import { formatReference, type Reference } from './reference.ts';
import type { Target } from './target.ts';
import { selectPods } from './workload.ts';

/** What to find. */
export interface TargetRequest {
  readonly reference: Reference;
  readonly namespace: string;
  /** Absent or empty: the default of the pod. */
  readonly container?: string | undefined;
  /** Leaves out what `say` would be told. */
  readonly quiet: boolean;
  /** How long to wait until a pod of a TYPE/NAME exists, in milliseconds. */
  readonly podRunningTimeoutMs: number;
  /** Reads a plain pod too, so that the target has its container. */
  readonly needContainer?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The target of a reference. A plain pod costs no request unless `needContainer` asks for one: the server chooses its
 * container or refuses to (`needsContainerChoice`), and knows best whether the pod exists (`explainExecFailure`).
 * Otherwise the pod is kubectl's choice, its container too, and the target has its uid. `say` gets the lines for stderr.
 *
 * Rejects with KX_TARGET_NOT_FOUND, KX_TARGET_NOT_RUNNING (a completed pod; no pod within the time), KX_USAGE (a
 * namespace that cannot be one), or what the ApiClient rejects with.
 */
export async function resolveTarget(
  api: ApiClient,
  request: TargetRequest,
  say: (line: string) => void,
): Promise<Target> {
  const { reference, namespace, signal } = request;
  const container = request.container === '' ? undefined : request.container;
  checkNamespace(namespace);
  if (reference.kind !== 'pod') {
    return targetIn(await findPodOf(api, request, say), { container, quiet: request.quiet }, say);
  }
  if (container !== undefined) return { namespace, pod: reference.name, container };
  if (request.needContainer !== true) return { namespace, pod: reference.name };
  return targetIn(await getObject<Pod>(api, reference, namespace, signal), { quiet: request.quiet }, say);
}

async function findPodOf(api: ApiClient, request: TargetRequest, say: (line: string) => void): Promise<Pod> {
  const { reference, namespace, signal, podRunningTimeoutMs: timeoutMs } = request;
  const { selector, note } = await selectPods(api, reference, namespace, signal);
  const because = note === undefined ? '' : ` (${note})`;
  const within = `${timeoutMs / 1000}s`;
  const onWait = () => {
    if (!request.quiet) say(`Waiting up to ${within} for a pod of ${formatReference(reference)}${because}`);
  };
  const pod = await findFirstPod(api, { namespace, selector, timeoutMs, signal, onWait });
  if (pod !== undefined) return pod;
  throw new KxError(
    'KX_TARGET_NOT_RUNNING',
    `no pod of ${formatReference(reference)} appeared within ${within}${because}`,
    {
      hint: `kubectl describe ${formatReference(reference)} -n ${namespace} shows why; --pod-running-timeout waits longer`,
    },
  );
}
