import type { ApiClient } from '../kube/index.ts';
import type { ContainerEvent, ContainerSelection, SelectionOptions } from './selection.ts';

/**
 * The containers that are selected, and what becomes of them: a list, then a watch that goes on after it was cut, with
 * no event lost or repeated. Ends when the signal aborts, or with the loop that reads it; else never.
 *
 * Throws as `listContainers` rejects, as long as nothing was `listed`; a pod that is named and not there is an error, too.
 * Later only for a user whose rights or credentials are gone for good.
 */
export declare function followContainers(
  api: ApiClient,
  selection: ContainerSelection,
  options?: SelectionOptions,
): AsyncIterable<ContainerEvent>;
