import type { ApiClient } from '../kube/index.ts';
import { KxError, toKxError } from '../errors/index.ts';
import { awaitPod, describePodsOf, type PodsOf } from './await-pod.ts';
import { targetIn } from './container.ts';
import { listPods } from './first-pod.ts';
import { checkNamespace } from './names.ts';
import type { Pod } from './pod-order.ts';
import type { Target } from './target.ts';

/** Whose pods to find. */
export interface TargetsRequest extends PodsOf {
  /** Absent or empty: the default of each pod. */
  readonly container?: string | undefined;
}

/** One of several pods; `target` is the error where it has none, such as a container that it lacks. */
export interface SelectedPod {
  readonly pod: string;
  readonly target: Target | KxError;
}

/**
 * Every pod that an object or a selector selects, by name; those that have ended or are being deleted are left out. Waits
 * until there is one. Rejects with KX_TARGET_NOT_RUNNING where there is none, else as `resolveTarget` does.
 */
export async function selectTargets(
  api: ApiClient,
  request: TargetsRequest,
  say: (line: string) => void,
): Promise<readonly SelectedPod[]> {
  const { of, namespace, signal } = request;
  checkNamespace(namespace);
  const hint = `kubectl get pods -n ${namespace} shows what there is`;
  const { selector } = await awaitPod(api, request, hint, say);
  const { items } = await listPods(api, { namespace, selector }, signal);
  const live = items.filter(isLive).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  if (live.length === 0) {
    throw new KxError(
      'KX_TARGET_NOT_RUNNING',
      `no pod of ${describePodsOf(of)} runs: all have ended or are being deleted`,
    );
  }
  return live.map((pod) => ({ pod: nameOf(pod), target: targetOf(pod, request, say) }));
}

function isLive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata?.deletionTimestamp == null;
}

function nameOf(pod: Pod): string {
  return pod.metadata?.name ?? '';
}

function targetOf(pod: Pod, request: TargetsRequest, say: (line: string) => void): SelectedPod['target'] {
  const container = request.container === '' ? undefined : request.container;
  try {
    return targetIn(pod, { container, quiet: request.quiet }, say);
  } catch (error) {
    return toKxError(error);
  }
}
