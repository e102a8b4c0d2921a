/** The kinds of object that name a pod, each by the word that kx uses for it. */
export type Kind =
  | 'pod'
  | 'deployment'
  | 'replicaset'
  | 'replicationcontroller'
  | 'statefulset'
  | 'daemonset'
  | 'job'
  | 'service'
  | 'cronjob';

interface KindEntry {
  readonly plural: string;
  /** The short name that the API server publishes, where there is one. */
  readonly short?: string;
  /** '' is the core group. */
  readonly group: '' | 'apps' | 'batch';
}

/** What kubectl exec takes (polymorphichelpers.SelectorsForObject), and cronjob. Every one is served as v1. */
export const kinds: Readonly<Record<Kind, KindEntry>> = {
  pod: { plural: 'pods', short: 'po', group: '' },
  deployment: { plural: 'deployments', short: 'deploy', group: 'apps' },
  replicaset: { plural: 'replicasets', short: 'rs', group: 'apps' },
  replicationcontroller: { plural: 'replicationcontrollers', short: 'rc', group: '' },
  statefulset: { plural: 'statefulsets', short: 'sts', group: 'apps' },
  daemonset: { plural: 'daemonsets', short: 'ds', group: 'apps' },
  job: { plural: 'jobs', group: 'batch' },
  service: { plural: 'services', short: 'svc', group: '' },
  cronjob: { plural: 'cronjobs', short: 'cj', group: 'batch' },
};

/** The words in the order of the table. */
export const kindNames = Object.keys(kinds) as readonly Kind[];

/**
 * The kind that a word of a user means: kind, plural or short name in any case, optionally with what kubectl takes
 * behind it: `.GROUP` or `.VERSION.GROUP`. Undefined when there is none.
 */
export function findKind(text: string): Kind | undefined {
  const [word = '', ...qualifiers] = text.toLowerCase().split('.');
  const kind = kindNames.find((each) => [each, kinds[each].plural, kinds[each].short].includes(word));
  if (kind === undefined || qualifiers.length === 0) return kind;
  const group = kinds[kind].group;
  return [group, `v1.${group}`, group === '' ? 'v1' : group].includes(qualifiers.join('.')) ? kind : undefined;
}

/** Whether a word of a user means a kind that has pods. */
export function isKind(text: string): boolean {
  return findKind(text) !== undefined;
}

/**
 * The path of the objects of one kind (without a namespace: in all of them), or of one of them. Names must have been
 * checked: `..` is not escaped.
 */
export function pathOf(kind: Kind, namespace: string | undefined, name?: string): string {
  const { group, plural } = kinds[kind];
  const root = group === '' ? '/api/v1' : `/apis/${group}/v1`;
  const where = namespace === undefined ? root : `${root}/namespaces/${encodeURIComponent(namespace)}`;
  const all = `${where}/${plural}`;
  return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
}
