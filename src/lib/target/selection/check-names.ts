import type { ApiClient } from '../../kube/index.ts';
import { inParallel } from './in-parallel.ts';
import { findMissing, notFound, type Missing } from './not-found.ts';
import type { PickedPod } from './pick-containers.ts';
import { readSources } from './sources.ts';
import type { ContainerSelection } from './types.ts';

/**
 * Rejects with KX_TARGET_NOT_FOUND where a selection names something that is not there: objects, with the pods that were
 * found all of them; and a container that one of the named pods, or every pod, lacks.
 */
export async function checkNames(
  api: ApiClient,
  selection: ContainerSelection,
  pods: readonly PickedPod[],
  missingWorkloads: readonly Missing[],
  signal?: AbortSignal,
): Promise<void> {
  const { podNames, namespaces } = readSources(selection);
  const seen = new Set(pods.map(({ name }) => name));
  const unseen = podNames.filter((name) => !seen.has(name));
  const alone = unseen.length === 1;
  // A pod that is there may have been left out by a selector.
  const missingPods = await inParallel(unseen, (name) =>
    findMissing(api, { kind: 'pod', name }, { namespaces, alone }, signal),
  );
  const [first, ...more] = [...missingWorkloads, ...missingPods.filter((each) => each !== undefined)];
  if (first !== undefined && more.length === 0) throw first.error;
  if (first !== undefined)
    throw notFound(
      [first, ...more].map(({ reference }) => reference),
      namespaces,
    );
  const lacking = pods.filter(({ lacks }) => lacks !== undefined);
  const wrong = lacking.length === pods.length ? lacking[0] : lacking.find(({ name }) => podNames.includes(name));
  if (wrong?.lacks !== undefined) throw wrong.lacks;
}
