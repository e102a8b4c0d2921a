import type { Fields, KubeObject, ObjectMeta, OwnerReference } from './objects.ts';
import { suffix } from './names.ts';

/** An object that a controller makes for its owner: everything but what the cluster adds when it is stored. */
export interface Child {
  readonly apiVersion: string;
  readonly kind: 'Pod' | 'ReplicaSet' | 'Job';
  readonly metadata: Partial<ObjectMeta> & { name: string };
  readonly spec: Fields;
  /** The pod is bound to this node; otherwise the next one in turn. */
  readonly node?: string;
}

interface Template extends Fields {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: Fields;
}

/**
 * What the controllers make of a workload, with names of the same shape as theirs but the same in every run. `life`
 * counts the pods that were deleted: each gets a successor with a new name.
 */
export function childrenOf(owner: KubeObject, nodes: readonly string[], life = 0): Child[] {
  const { name } = owner.metadata;
  const replicas = numberOf(owner, 'replicas', 1);
  const pods = (count: number, nameOf: (index: number) => string, labels: Record<string, string> = {}): Child[] =>
    Array.from({ length: count }, (_, index) => podOf(owner, nameOf(index), labels));

  switch (owner.kind) {
    case 'Deployment': {
      const hash = suffix(9, owner.metadata.namespace ?? '', name, JSON.stringify(owner.spec?.['template']));
      return [replicaSetOf(owner, hash, replicas)];
    }
    case 'ReplicaSet':
    case 'ReplicationController':
      return pods(replicas, (index) => `${name}-${suffix(5, owner.metadata.uid, index, life)}`);
    case 'StatefulSet':
      return pods(replicas, (index) => `${name}-${index}`).map((pod) =>
        withLabels(pod, { 'statefulset.kubernetes.io/pod-name': pod.metadata.name }),
      );
    case 'DaemonSet':
      return nodes.map((node) => ({
        ...podOf(owner, `${name}-${suffix(5, owner.metadata.uid, node, life)}`, {}),
        node,
      }));
    case 'Job': {
      const labels = {
        'batch.kubernetes.io/job-name': name,
        'job-name': name,
        'batch.kubernetes.io/controller-uid': owner.metadata.uid,
      };
      return pods(
        numberOf(owner, 'parallelism', 1),
        (index) => `${name}-${suffix(5, owner.metadata.uid, index, life)}`,
        labels,
      );
    }
    case 'CronJob':
      return [jobOf(owner)];
    default:
      return [];
  }
}

function podOf(owner: KubeObject, name: string, labels: Record<string, string>): Child {
  const template = (owner.spec?.['template'] ?? {}) as Template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...namespaceOf(owner),
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ownerReferences: [referenceTo(owner)],
    },
    // A Job does not start its containers again.
    spec: { ...(owner.kind === 'Job' ? { restartPolicy: 'Never' } : {}), ...template.spec },
  };
}

function replicaSetOf(owner: KubeObject, hash: string, replicas: number): Child {
  const template = (owner.spec?.['template'] ?? {}) as Template;
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
  const selector = owner.spec?.['selector'] as { matchLabels?: Fields } | undefined;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      ...namespaceOf(owner),
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
      ownerReferences: [referenceTo(owner)],
    },
    spec: {
      replicas,
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

function jobOf(owner: KubeObject): Child {
  const template = (owner.spec?.['jobTemplate'] ?? {}) as Template;
  // Minutes since 1970, as the CronJob controller names the Jobs of a schedule.
  const minute = Math.floor(Date.parse(owner.metadata.creationTimestamp) / 60_000);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${owner.metadata.name}-${minute}`,
      ...namespaceOf(owner),
      ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
      ownerReferences: [referenceTo(owner)],
    },
    spec: template.spec ?? {},
  };
}

function withLabels(child: Child, labels: Record<string, string>): Child {
  return { ...child, metadata: { ...child.metadata, labels: { ...child.metadata.labels, ...labels } } };
}

function namespaceOf(owner: KubeObject): { namespace: string } {
  return { namespace: owner.metadata.namespace ?? 'default' };
}

function referenceTo(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

function numberOf(owner: KubeObject, field: string, otherwise: number): number {
  const value = owner.spec?.[field];
  return typeof value === 'number' ? value : otherwise;
}
