/** A kind of object that the API serves. */
export interface Resource {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** Part of `kubectl get all`. */
  readonly all: boolean;
}

function define(apiVersion: string, kind: string, plural: string, more: Partial<Resource> = {}): Resource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, kind, plural, namespaced: true, shortNames: [], all: false, ...more };
}

/** Everything that is served, in the order of discovery. */
export const resources: readonly Resource[] = [
  define('v1', 'ConfigMap', 'configmaps', { shortNames: ['cm'] }),
  define('v1', 'Event', 'events', { shortNames: ['ev'] }),
  define('v1', 'Namespace', 'namespaces', { shortNames: ['ns'], namespaced: false }),
  define('v1', 'Node', 'nodes', { shortNames: ['no'], namespaced: false }),
  define('v1', 'Pod', 'pods', { shortNames: ['po'], all: true }),
  define('v1', 'ReplicationController', 'replicationcontrollers', { shortNames: ['rc'], all: true }),
  define('v1', 'Secret', 'secrets'),
  define('v1', 'Service', 'services', { shortNames: ['svc'], all: true }),
  define('v1', 'ServiceAccount', 'serviceaccounts', { shortNames: ['sa'] }),
  define('apps/v1', 'DaemonSet', 'daemonsets', { shortNames: ['ds'], all: true }),
  define('apps/v1', 'Deployment', 'deployments', { shortNames: ['deploy'], all: true }),
  define('apps/v1', 'ReplicaSet', 'replicasets', { shortNames: ['rs'], all: true }),
  define('apps/v1', 'StatefulSet', 'statefulsets', { shortNames: ['sts'], all: true }),
  define('batch/v1', 'CronJob', 'cronjobs', { shortNames: ['cj'], all: true }),
  define('batch/v1', 'Job', 'jobs', { all: true }),
  define('coordination.k8s.io/v1', 'Lease', 'leases'),
];

/** `v1` or `GROUP/VERSION`. */
export function apiVersionOf(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The resource that a kind of an apiVersion belongs to. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
}

/** The resource with this plural name; undefined when it is not served. */
export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find((each) => each.group === group && each.version === version && each.plural === plural);
}
