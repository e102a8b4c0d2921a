import type { ApiClient } from '../../lib/kube/index.ts';
import { findNode, placeOf, refuseSandbox, type Place } from '../../lib/privileged/index.ts';
import { nodeName, parseReference, readPod, resolveTarget, type Pod } from '../../lib/target/index.ts';
import type { PrivilegedExecOptions } from './options.ts';

/** A place, and the pod of a container. */
export interface FoundPlace {
  readonly place: Place;
  readonly pod: Pod | undefined;
}

/** Checks the form of a reference without asking anybody. Throws KX_USAGE. */
export function checkReference(reference: string): void {
  if (nodeName(reference) === undefined) parseReference(reference);
}

/** Finds out whose namespaces are meant. Rejects as `resolveTarget`, `readPod`, `placeOf` and `findNode` do. */
export async function findPlace(
  api: ApiClient,
  options: PrivilegedExecOptions,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<FoundPlace> {
  const node = nodeName(options.reference);
  if (node !== undefined) return { place: await findNode(api, node, signal), pod: undefined };
  const { container, quiet, podRunningTimeout: podRunningTimeoutMs } = options;
  const reference = parseReference(options.reference);
  const request = { reference, namespace: api.namespace, container, quiet, podRunningTimeoutMs, signal };
  const named = await resolveTarget(api, request, say);
  const { pod, target } = await readPod(api, named, signal, quiet ? undefined : say);
  await refuseSandbox(api, pod, target, signal);
  return { place: placeOf(pod, target), pod };
}
