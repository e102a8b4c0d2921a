import type { ApiClient } from '../kube/index.ts';
import { KxError, toKxError } from '../errors/index.ts';
import { targetIn } from './container.ts';
import { findFirstPod, listPods, type PodSearch } from './first-pod.ts';
import { checkNamespace } from './names.ts';
import type { Pod } from './pod-order.ts';
import { formatReference, type Reference } from './reference.ts';
import type { Target } from './target.ts';
import { selectPods } from './workload.ts';

/** Whose pods to find. */
export interface TargetsRequest {
  /** An object that has pods, or the text of a label selector. */
  readonly of: Reference | string;
  readonly namespace: string;
  /** Absent or empty: the default of each pod. */
  readonly container?: string | undefined;
  readonly quiet: boolean;
  /** How long to wait until there is a pod, in milliseconds. */
  readonly podRunningTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
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
  const { of, namespace, podRunningTimeoutMs: timeoutMs, signal } = request;
  checkNamespace(namespace);
  const what = typeof of === 'string' ? `-l ${of}` : formatReference(of);
  const { selector, note } =
    typeof of === 'string' ? { selector: of, note: undefined } : await selectPods(api, of, namespace, signal);
  const because = note === undefined ? '' : ` (${note})`;
  const within = `${timeoutMs / 1000}s`;
  const onWait = (): void => {
    if (!request.quiet) say(`Waiting up to ${within} for a pod of ${what}${because}`);
  };
  const search: PodSearch = { namespace, selector, timeoutMs, signal, onWait };
  if ((await findFirstPod(api, search)) === undefined) {
    throw new KxError('KX_TARGET_NOT_RUNNING', `no pod of ${what} appeared within ${within}${because}`, {
      hint: `kubectl get pods -n ${namespace} shows what there is; --pod-running-timeout waits longer`,
    });
  }
  const { items } = await listPods(api, search, signal);
  const live = items.filter(isLive).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  if (live.length === 0) {
    throw new KxError('KX_TARGET_NOT_RUNNING', `no pod of ${what} runs: all have ended or are being deleted`);
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
