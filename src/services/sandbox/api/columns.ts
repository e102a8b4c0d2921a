import type { Fields, KubeObject, Pod, PodSpec } from '../cluster/objects.ts';
import { ageOf, humanDuration } from './duration.ts';

/** A column of `kubectl get`; a wide one is shown with -o wide only. */
export interface Column {
  readonly name: string;
  readonly wide?: boolean;
  readonly type?: 'integer';
  readonly value: (object: KubeObject) => string | number;
}

const name: Column = { name: 'Name', value: ({ metadata }) => metadata.name };
const age: Column = { name: 'Age', value: ({ metadata }) => ageOf(metadata.creationTimestamp) };

/** The columns of a kind (k8s.io/kubernetes/pkg/printers/internalversion/printers.go). */
export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [name, age];
}

const templateColumns: readonly Column[] = [
  {
    name: 'Containers',
    wide: true,
    value: (object) =>
      templateContainers(object)
        .map((each) => each.name)
        .join(','),
  },
  {
    name: 'Images',
    wide: true,
    value: (object) =>
      templateContainers(object)
        .map((each) => each.image ?? '')
        .join(','),
  },
];
const selector: Column = { name: 'Selector', wide: true, value: ({ spec }) => formatLabels(matchLabels(spec)) };

const columns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    name,
    { name: 'Ready', value: (pod) => readiness(pod as Pod) },
    { name: 'Status', value: (pod) => reasonOf(pod as Pod) },
    { name: 'Restarts', value: (pod) => restarts(pod as Pod) },
    age,
    { name: 'IP', wide: true, value: (pod) => text(pod.status, 'podIP') },
    { name: 'Node', wide: true, value: (pod) => text(pod.spec, 'nodeName') },
    { name: 'Nominated Node', wide: true, value: () => '<none>' },
    { name: 'Readiness Gates', wide: true, value: () => '<none>' },
  ],
  Node: [
    name,
    { name: 'Status', value: () => 'Ready' },
    { name: 'Roles', value: nodeRoles },
    age,
    { name: 'Version', value: (node) => nodeInfo(node, 'kubeletVersion') },
    { name: 'Internal-IP', wide: true, value: (node) => nodeAddress(node, 'InternalIP') },
    { name: 'External-IP', wide: true, value: (node) => nodeAddress(node, 'ExternalIP') },
    { name: 'OS-Image', wide: true, value: (node) => nodeInfo(node, 'osImage') },
    { name: 'Kernel-Version', wide: true, value: (node) => nodeInfo(node, 'kernelVersion') },
    { name: 'Container-Runtime', wide: true, value: (node) => nodeInfo(node, 'containerRuntimeVersion') },
  ],
  Deployment: [
    name,
    {
      name: 'Ready',
      value: (object) => `${count(object.status, 'readyReplicas')}/${count(object.spec, 'replicas', 1)}`,
    },
    { name: 'Up-to-date', type: 'integer', value: (object) => count(object.status, 'updatedReplicas') },
    { name: 'Available', type: 'integer', value: (object) => count(object.status, 'availableReplicas') },
    age,
    ...templateColumns,
    selector,
  ],
  ReplicaSet: [...replicaColumns(), age, ...templateColumns, selector],
  ReplicationController: [...replicaColumns(), age, ...templateColumns, selector],
  StatefulSet: [
    name,
    {
      name: 'Ready',
      value: (object) => `${count(object.status, 'readyReplicas')}/${count(object.spec, 'replicas', 1)}`,
    },
    age,
    ...templateColumns,
  ],
  DaemonSet: [
    name,
    { name: 'Desired', type: 'integer', value: ({ status }) => count(status, 'desiredNumberScheduled') },
    { name: 'Current', type: 'integer', value: ({ status }) => count(status, 'currentNumberScheduled') },
    { name: 'Ready', type: 'integer', value: ({ status }) => count(status, 'numberReady') },
    { name: 'Up-to-date', type: 'integer', value: ({ status }) => count(status, 'updatedNumberScheduled') },
    { name: 'Available', type: 'integer', value: ({ status }) => count(status, 'numberAvailable') },
    { name: 'Node Selector', value: () => '<none>' },
    age,
    ...templateColumns,
    selector,
  ],
  Job: [
    name,
    { name: 'Status', value: jobStatus },
    {
      name: 'Completions',
      value: ({ spec, status }) => `${count(status, 'succeeded')}/${count(spec, 'completions', 1)}`,
    },
    { name: 'Duration', value: jobDuration },
    age,
    ...templateColumns,
    selector,
  ],
  CronJob: [
    name,
    { name: 'Schedule', value: ({ spec }) => text(spec, 'schedule') },
    { name: 'Timezone', value: ({ spec }) => text(spec, 'timeZone') },
    { name: 'Suspend', value: ({ spec }) => (spec?.['suspend'] === true ? 'True' : 'False') },
    { name: 'Active', type: 'integer', value: ({ status }) => ((status?.['active'] ?? []) as unknown[]).length },
    {
      name: 'Last Schedule',
      value: ({ status }) => ageOf(status?.['lastScheduleTime'] as string | undefined).replace('<unknown>', '<none>'),
    },
    age,
  ],
  Service: [
    name,
    { name: 'Type', value: ({ spec }) => text(spec, 'type') },
    { name: 'Cluster-IP', value: ({ spec }) => text(spec, 'clusterIP') },
    { name: 'External-IP', value: () => '<none>' },
    {
      name: 'Port(s)',
      value: ({ spec }) =>
        ((spec?.['ports'] ?? []) as Fields[])
          .map((each) => `${String(each['port'])}/${text(each, 'protocol', 'TCP')}`)
          .join(',') || '<none>',
    },
    age,
    { name: 'Selector', wide: true, value: ({ spec }) => formatLabels(spec?.['selector'] as Fields | undefined) },
  ],
  Namespace: [name, { name: 'Status', value: ({ status }) => text(status, 'phase') }, age],
  ConfigMap: [name, { name: 'Data', type: 'integer', value: ({ data }) => Object.keys(data ?? {}).length }, age],
};

function replicaColumns(): Column[] {
  return [
    name,
    { name: 'Desired', type: 'integer', value: ({ spec }) => count(spec, 'replicas', 1) },
    { name: 'Current', type: 'integer', value: ({ status }) => count(status, 'replicas') },
    { name: 'Ready', type: 'integer', value: ({ status }) => count(status, 'readyReplicas') },
  ];
}

function readiness({ spec, status }: Pod): string {
  const ready = (status.containerStatuses ?? []).filter((each) => each.ready).length;
  return `${ready}/${spec.containers.length}`;
}

function reasonOf({ status }: Pod): string {
  let reason = status.reason ?? status.phase;
  for (const { state } of (status.containerStatuses ?? []).toReversed()) {
    if (state.waiting !== undefined) reason = state.waiting.reason;
    else if (state.terminated !== undefined) reason = state.terminated.reason;
  }
  const running = status.containerStatuses?.some((each) => each.state.running !== undefined && each.ready) ?? false;
  return reason === 'Completed' && running ? 'Running' : reason;
}

function restarts({ status }: Pod): string {
  const all = status.containerStatuses ?? [];
  const total = all.reduce((sum, each) => sum + each.restartCount, 0);
  const last = all
    .map((each) => each.lastState.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return total === 0 || last === undefined ? String(total) : `${total} (${ageOf(last)} ago)`;
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
  return (
    roles
      .map((label) => label.slice(prefix.length))
      .sort()
      .join(',') || '<none>'
  );
}

function nodeInfo({ status }: KubeObject, field: string): string {
  return text(status?.['nodeInfo'] as Fields | undefined, field, '<unknown>');
}

function nodeAddress({ status }: KubeObject, type: string): string {
  const addresses = (status?.['addresses'] ?? []) as { type?: string; address?: string }[];
  return addresses.find((each) => each.type === type)?.address ?? '<none>';
}

function jobStatus({ status }: KubeObject): string {
  const conditions = (status?.['conditions'] ?? []) as { type?: string; status?: string }[];
  return (
    conditions.find((each) => each.status === 'True')?.type ?? (count(status, 'failed') > 0 ? 'Failed' : 'Running')
  );
}

function jobDuration({ status }: KubeObject): string {
  const start = status?.['startTime'];
  if (typeof start !== 'string') return '';
  const end = status?.['completionTime'];
  return humanDuration((typeof end === 'string' ? Date.parse(end) : Date.now()) - Date.parse(start));
}

function templateContainers({ spec }: KubeObject): PodSpec['containers'] {
  const template = spec?.['template'] as { spec?: PodSpec } | undefined;
  return template?.spec?.containers ?? [];
}

function matchLabels(spec: Fields | undefined): Fields | undefined {
  const given = spec?.['selector'] as Fields | undefined;
  return (given?.['matchLabels'] as Fields | undefined) ?? given;
}

function formatLabels(labels: Fields | undefined): string {
  return (
    Object.entries(labels ?? {})
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(',') || '<none>'
  );
}

function text(fields: Fields | undefined, field: string, otherwise = '<none>'): string {
  const value = fields?.[field];
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function count(fields: Fields | undefined, field: string, otherwise = 0): number {
  const value = fields?.[field];
  return typeof value === 'number' ? value : otherwise;
}
