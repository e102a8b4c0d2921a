import type { ApiClient } from '../kube/index.ts';
import { awaitPod, type PodsOf } from './await-pod.ts';
import { targetIn } from './container.ts';
import { getObject } from './missing.ts';
import { checkNamespace } from './names.ts';
import type { Pod } from './pod-order.ts';
import { formatReference, type Reference } from './reference.ts';
import type { Target } from './target.ts';

/** What to find. */
export interface TargetRequest extends Omit<PodsOf, 'of'> {
  readonly reference: Reference;
  /** Absent or empty: the default of the pod. */
  readonly container?: string | undefined;
  /** Reads a plain pod too, so that the target has its container. */
  readonly needContainer?: boolean | undefined;
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
    const what = formatReference(reference);
    const hint = `kubectl describe ${what} -n ${namespace} shows why`;
    const { pod } = await awaitPod(api, { ...request, of: reference }, hint, say);
    return targetIn(pod, { container, quiet: request.quiet }, say);
  }
  if (container !== undefined) return { namespace, pod: reference.name, container };
  if (request.needContainer !== true) return { namespace, pod: reference.name };
  return targetIn(await getObject<Pod>(api, reference, namespace, signal), { quiet: request.quiet }, say);
}
