import { KxError } from '../../../lib/errors/index.ts';
import type { SandboxUser } from '../auth/users.ts';
import { parseFaults } from '../exec/faults.ts';
import { parseGenerator } from '../exec/log-generator.ts';
import type { ClusterFile, ManifestObject } from './manifest.ts';
import { uidOf } from './names.ts';
import { timestamp, type Fields, type KubeObject, type ObjectMeta, type Pod, type PodSpec } from './objects.ts';
import { initialPodStatus } from './pod-status.ts';
import { findResource, resourceOfKind, type Resource } from './resources.ts';
import { createStore, type Store } from './store.ts';
import { workloadStatus } from './workload-status.ts';
import { childrenOf, type Child } from './workloads.ts';

/** The objects of a sandbox and what its controllers do. */
export interface Cluster {
  readonly store: Store;
  readonly users: readonly SandboxUser[];
  readonly pods: Resource;
  getPod(namespace: string, name: string): Pod | undefined;
  /** Deletes a pod; a workload makes another one. */
  deletePod(namespace: string, name: string): Pod | undefined;
  /** Stores a pod with a new status, and the status of the workloads above it. */
  updatePod(pod: Pod): void;
}

const namespaces = known('', 'v1', 'namespaces');
const namespaceManifest = { apiVersion: 'v1', kind: 'Namespace', resource: namespaces };

/** Makes the objects of a cluster file, and the pods of its workloads. */
export function createCluster(file: ClusterFile): Cluster {
  const store = createStore();
  const pods = known('', 'v1', 'pods');
  const nodes = file.objects.filter((each) => each.kind === 'Node').map((each) => each.metadata.name);
  const created = timestamp();
  let addresses = 0;
  let turns = 0;
  let lives = 0;

  const complete = (object: Child | ManifestObject, resource: Resource): KubeObject => {
    const { metadata } = object;
    const { name, namespace = 'default' } = metadata;
    const fields = Object.entries(object).filter(([field]) => field !== 'resource' && field !== 'node');
    return {
      ...(Object.fromEntries(fields) as Child | ManifestObject),
      metadata: {
        ...metadata,
        name,
        ...(resource.namespaced ? { namespace } : {}),
        uid: metadata.uid ?? uidOf(resource.plural, resource.namespaced ? namespace : '', name),
        resourceVersion: '',
        creationTimestamp: metadata.creationTimestamp ?? (lives === 0 ? created : timestamp()),
      } satisfies ObjectMeta,
    };
  };

  const addPod = (object: KubeObject, node: string | undefined): void => {
    const { metadata } = object;
    parseFaults(metadata.annotations, `pod ${metadata.name}`);
    parseGenerator(metadata.annotations, `pod ${metadata.name}`);
    const given = object.status ?? {};
    const pending = given['phase'] === 'Pending';
    const spec = object.spec as PodSpec;
    const nodeName = spec.nodeName ?? node ?? (pending ? undefined : nodes[turns++ % nodes.length]);
    const placed: PodSpec = {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      ...spec,
      ...(nodeName === undefined ? {} : { nodeName }),
    };
    addresses++;
    const ip = `10.244.${addresses >> 8}.${addresses & 255}`;
    const status = initialPodStatus(placed, metadata.uid, metadata.creationTimestamp, ip, given);
    store.put(pods, { ...object, spec: placed, status } satisfies Pod);
  };

  const add = (given: Child | ManifestObject): void => {
    const resource = resourceOfKind(given.apiVersion, given.kind);
    if (resource === undefined) return;
    const object = complete(given, resource);
    if (resource === pods) {
      addPod(object, 'node' in given && typeof given.node === 'string' ? given.node : undefined);
      return;
    }
    if (resource === namespaces) parseFaults(object.metadata.annotations, `namespace ${object.metadata.name}`);
    store.put(resource, { ...object, ...defaultsOf(object) });
    for (const child of childrenOf(object, nodes)) add(child);
  };

  const refresh = (owner: KubeObject, resource: Resource): void => {
    const mine = podsBelow(store, pods, owner);
    const status = workloadStatus(owner, mine);
    if (status !== undefined) store.put(resource, { ...owner, status });
    refreshAbove(owner);
  };
  const refreshAbove = (object: KubeObject): void => {
    const owner = ownerOf(store, object);
    if (owner !== undefined) refresh(owner.object, owner.resource);
  };

  const named = file.objects.filter((each) => each.kind === 'Namespace').map((each) => each.metadata.name);
  const used = file.objects.flatMap((each) => each.metadata.namespace ?? []);
  for (const name of new Set(['default', 'kube-system', ...used])) {
    if (!named.includes(name)) add({ ...namespaceManifest, metadata: { name } });
  }
  for (const object of file.objects) add(object);
  if (nodes.length === 0) throw new KxError('KX_CONFIG', 'the cluster has no Node');
  const owners = new Map(store.list(pods).map((pod) => [pod.metadata.ownerReferences?.[0]?.uid, pod]));
  for (const pod of owners.values()) refreshAbove(pod);

  return {
    store,
    users: file.users,
    pods,
    getPod: (namespace, name) => store.get(pods, namespace, name) as Pod | undefined,
    deletePod(namespace, name) {
      const pod = store.delete(pods, namespace, name) as Pod | undefined;
      const owner = pod && ownerOf(store, pod);
      if (pod === undefined || owner === undefined) return pod;
      lives++;
      const siblings = new Set(podsBelow(store, pods, owner.object).map((each) => each.metadata.name));
      const successor = childrenOf(owner.object, nodes, lives).find(
        (child) => !siblings.has(child.metadata.name) && (child.node ?? pod.spec.nodeName) === pod.spec.nodeName,
      );
      if (successor !== undefined) {
        const { name: next } = successor.metadata;
        add({
          ...successor,
          metadata: { ...successor.metadata, uid: uidOf('pods', namespace, next, lives) },
          node: pod.spec.nodeName ?? '',
        });
      }
      refresh(owner.object, owner.resource);
      return pod;
    },
    updatePod(pod) {
      store.put(pods, pod);
      refreshAbove(pod);
    },
  };
}

function podsBelow(store: Store, pods: Resource, owner: KubeObject): Pod[] {
  const isMine = (object: KubeObject): boolean => {
    if (object.metadata.ownerReferences?.some((each) => each.uid === owner.metadata.uid) === true) return true;
    const above = ownerOf(store, object);
    return above !== undefined && isMine(above.object);
  };
  return (store.list(pods, owner.metadata.namespace) as readonly Pod[]).filter(isMine);
}

function ownerOf(store: Store, { metadata }: KubeObject): { object: KubeObject; resource: Resource } | undefined {
  const reference = metadata.ownerReferences?.[0];
  const resource = reference && resourceOfKind(reference.apiVersion, reference.kind);
  const object = resource && store.get(resource, metadata.namespace, reference.name);
  return object && { object, resource };
}

function known(group: string, version: string, plural: string): Resource {
  const resource = findResource(group, version, plural);
  if (resource === undefined) throw new KxError('KX_INTERNAL', `no resource ${plural}`);
  return resource;
}

/** What kubelets and controllers would add to an object. */
function defaultsOf(object: KubeObject): Partial<KubeObject> {
  const { name, labels } = object.metadata;
  switch (object.kind) {
    case 'Namespace':
      return {
        metadata: { ...object.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
        status: { phase: 'Active', ...object.status },
      };
    case 'Node': {
      const metadata = {
        ...object.metadata,
        labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels },
      };
      return { metadata, status: { ...nodeStatus(name), ...object.status } };
    }
    case 'Service':
      return { spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', ...object.spec } };
    case 'Job':
      return {
        spec: {
          selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': object.metadata.uid } },
          ...object.spec,
        },
      };
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
      return { spec: { selector: { matchLabels: templateLabels(object) }, ...object.spec } };
    default:
      return {};
  }
}

function templateLabels({ spec }: KubeObject): Fields {
  const template = spec?.['template'] as { metadata?: { labels?: Fields } } | undefined;
  return template?.metadata?.labels ?? {};
}

function nodeStatus(name: string): Fields {
  return {
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    capacity: { cpu: '2', memory: '8Gi', pods: '110' },
    allocatable: { cpu: '2', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }],
    nodeInfo: {
      kubeletVersion: 'v1.36.0+sandbox',
      osImage: 'kx sandbox',
      kernelVersion: 'unknown',
      containerRuntimeVersion: 'sandbox://1',
      operatingSystem: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      kubeProxyVersion: '',
      machineID: '',
      systemUUID: '',
      bootID: '',
    },
  };
}
