import { badRequest } from '../api/status.ts';
import type { ContainerSpec, Pod } from '../cluster/objects.ts';

/**
 * The container that a request means, with the words of the apiserver where it means none
 * (k8s.io/kubernetes/pkg/registry/core/pod/strategy.go, validateContainer).
 */
export function chooseContainer(pod: Pod, name: string | null): ContainerSpec {
  const { containers, initContainers = [] } = pod.spec;
  const all = [...initContainers, ...containers];
  if (name !== null && name !== '') {
    const found = all.find((each) => each.name === name);
    if (found === undefined) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
    return found;
  }
  const [only, ...others] = containers;
  if (only !== undefined && others.length === 0) return only;
  const names = all.map((each) => each.name).join(' ');
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names}]`);
}
