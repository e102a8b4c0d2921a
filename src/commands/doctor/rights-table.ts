/** One verb on one resource. */
export interface Right {
  readonly verb: string;
  /** '' is the core group. */
  readonly group: string;
  /** With the subresource, as in `pods/exec`. */
  readonly resource: string;
  /** Where: the namespace of the target, that of helper pods, or the whole cluster. */
  readonly scope: 'namespace' | 'helper' | 'cluster';
}

/** A right that a command cannot do without, or (with `for`) one that a part of it needs. */
export interface Need extends Right {
  readonly for?: string;
}

const need = (verbs: string, resource: string, why?: string, group = '', scope: Right['scope'] = 'namespace'): Need[] =>
  verbs.split(' ').map((verb) => ({ verb, group, resource, scope, ...(why !== undefined && { for: why }) }));

/** The kinds of TYPE/NAME. */
const workloads = (why: string): Need[] => [
  ...need('list', 'pods', why),
  ...['services', 'replicationcontrollers'].flatMap((kind) => need('get', kind, why)),
  ...['deployments', 'replicasets', 'statefulsets', 'daemonsets'].flatMap((kind) => need('get', kind, why, 'apps')),
  ...['jobs', 'cronjobs'].flatMap((kind) => need('get', kind, why, 'batch')),
];

const exec = need('get create', 'pods/exec');
const waiting = need('watch', 'pods', 'waiting for the first pod of TYPE/NAME');

/** Making helper pods, and running commands in them. */
const helperPods = (why?: string): Need[] => [
  ...need('get create delete', 'pods', why, '', 'helper'),
  ...need('get create', 'pods/exec', why, '', 'helper'),
];

/** Of commands that are for containers, and on request for the hosts of nodes. */
const hosts = [
  ...need('get', 'nodes', 'node/NAME', '', 'cluster'),
  ...need('list', 'nodes', '--all-nodes', '', 'cluster'),
  ...helperPods('hosts of nodes'),
];

/** What each command needs. A test compares the names with the commands that connect. */
export const needs: Readonly<Record<string, readonly Need[]>> = {
  exec: [...exec, ...need('get', 'pods', 'pods with several containers'), ...workloads('TYPE/NAME'), ...waiting],
  cp: [
    ...exec,
    ...need('get', 'pods', 'pods with several containers'),
    ...workloads('TYPE/NAME'),
    ...waiting,
    ...need('patch', 'pods/ephemeralcontainers', 'images without a shell'),
    ...hosts,
  ],
  logs: [
    ...need('get', 'pods'),
    ...need('get', 'pods/log'),
    ...workloads('TYPE/NAME'),
    ...need('watch', 'pods', '-f with new pods'),
  ],
  'fanout-exec': [
    ...exec,
    ...need('get list', 'pods'),
    ...workloads('TYPE/NAME').filter(({ resource }) => resource !== 'pods'),
    ...hosts,
  ],
  'privileged-exec': [
    ...need('get', 'pods'),
    ...helperPods(),
    ...workloads('TYPE/NAME'),
    ...need('get', 'nodes', 'node/NAME', '', 'cluster'),
    ...need('get', 'runtimeclasses', 'saying why a sandboxed pod is refused', 'node.k8s.io', 'cluster'),
    ...need('list', 'pods', '--gc', '', 'helper'),
    ...need('list', 'events', 'saying why a helper pod does not start', '', 'helper'),
  ],
};

/** What is asked for where nothing else is: what an ordinary user does. */
export const ordinary: readonly string[] = ['exec', 'cp', 'logs', 'fanout-exec'];
