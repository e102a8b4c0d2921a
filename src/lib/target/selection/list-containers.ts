import type { ApiClient } from '../../kube/index.ts';
import { pathOf } from '../kinds.ts';
import { isMissing } from '../missing.ts';
import type { Pod } from '../pod-order.ts';
import { checkNames } from './check-names.ts';
import { inParallel } from './in-parallel.ts';
import { comparePods, type PickedPod } from './pick-containers.ts';
import { readObjects } from './read-objects.ts';
import { keeperOf, planScopes, type PodScope } from './scopes.ts';
import type { ContainerSelection, SelectedContainer, SelectionOptions } from './types.ts';

/**
 * The containers that are selected now, by namespace, pod and their order in kubectl. A selection that nothing fits is
 * empty. Needs the right to list pods; for a few pods that are named, to get them.
 *
 * Rejects with KX_TARGET_NOT_FOUND for names that are not there (all of them in one error) and for a container that a
 * named pod, or every selected pod, lacks; with KX_USAGE for what cannot be a name, or with what the ApiClient rejects
 * with: KX_FORBIDDEN names verb and resource.
 */
export async function listContainers(
  api: ApiClient,
  selection: ContainerSelection,
  { signal, say }: SelectionOptions = {},
): Promise<readonly SelectedContainer[]> {
  const { scopes, missing } = await planScopes(api, selection, signal);
  const read = await inParallel(scopes, (scope) => readScope(api, scope, selection, signal));
  // A pod that several sources mean is there once.
  const pods = [...new Map(read.flat().map((pod) => [pod.uid, pod])).values()].sort(comparePods);
  await checkNames(api, selection, pods, missing, signal);
  for (const { note } of pods) if (note !== undefined) say?.(note);
  return pods.flatMap(({ containers }) => containers);
}

async function readScope(
  api: ApiClient,
  scope: PodScope,
  selection: ContainerSelection,
  signal: AbortSignal | undefined,
): Promise<readonly PickedPod[]> {
  const { namespace, name, query } = scope;
  const keep = keeperOf(scope, selection);
  if (namespace === undefined || name === undefined) {
    return (await readObjects(api, { path: pathOf('pod', namespace), query, signal }, keep)).kept;
  }
  try {
    const pod = await keep(await api.get<Pod>(pathOf('pod', namespace, name), { signal }));
    return pod === undefined ? [] : [pod];
  } catch (error) {
    if (isMissing(error, name)) return [];
    throw error;
  }
}
