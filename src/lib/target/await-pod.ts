import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { findFirstPod } from './first-pod.ts';
import type { Pod } from './pod-order.ts';
import { formatReference, type Reference } from './reference.ts';
import { selectPods } from './workload.ts';

/** Whose pods, and how long to wait for one. */
export interface PodsOf {
  /** An object that has pods, or the text of a label selector. */
  readonly of: Reference | string;
  readonly namespace: string;
  /** Leaves out what `say` would be told. */
  readonly quiet: boolean;
  /** How long to wait until there is a pod, in milliseconds. */
  readonly podRunningTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The pod that kubectl takes, and the `labelSelector` query parameter that gave it. */
export interface AwaitedPod {
  readonly pod: Pod;
  readonly selector: string | undefined;
}

/**
 * Waits until there is a pod of an object or a selector; it need not run yet. `say` is told when the waiting begins.
 * KX_TARGET_NOT_RUNNING with this hint when the time is over.
 */
export async function awaitPod(
  api: ApiClient,
  { of, namespace, quiet, podRunningTimeoutMs: timeoutMs, signal }: PodsOf,
  hint: string,
  say: (line: string) => void,
): Promise<AwaitedPod> {
  const { selector, note } =
    typeof of === 'string' ? { selector: of, note: undefined } : await selectPods(api, of, namespace, signal);
  const because = note === undefined ? '' : ` (${note})`;
  const within = `${timeoutMs / 1000}s`;
  const onWait = (): void => {
    if (!quiet) say(`Waiting up to ${within} for a pod of ${describePodsOf(of)}${because}`);
  };
  const pod = await findFirstPod(api, { namespace, selector, timeoutMs, signal, onWait });
  if (pod !== undefined) return { pod, selector };
  const message = `no pod of ${describePodsOf(of)} appeared within ${within}${because}`;
  throw new KxError('KX_TARGET_NOT_RUNNING', message, { hint: `${hint}; --pod-running-timeout waits longer` });
}

/** As a user would type it. */
export function describePodsOf(of: PodsOf['of']): string {
  return typeof of === 'string' ? `-l ${of}` : formatReference(of);
}
