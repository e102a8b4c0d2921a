import type { ApiClient } from '../kube/index.ts';
import type { ContainerSelection, SelectedContainer, SelectionOptions } from './selection.ts';

/**
 * The containers that are selected now, by namespace, pod and their order in kubectl. A selection that nothing fits is
 * empty.
 *
 * Rejects with KX_TARGET_NOT_FOUND for names that are not there (all of them in one error) and for a container that no
 * selected pod has, with KX_USAGE for what cannot be a name, or with what the ApiClient rejects with: KX_FORBIDDEN names
 * verb and resource.
 */
export declare function listContainers(
  api: ApiClient,
  selection: ContainerSelection,
  options?: SelectionOptions,
): Promise<readonly SelectedContainer[]>;
