import type { Identity } from './connection.ts';
import { reasonOf, type PlacedNeed, type Requirement } from './rights.ts';

/**
 * Roles and bindings, as YAML to apply, that let the user run commands which lack a right. The name stands for the commands, and
 * the role has all that they need, so that applying it again takes nothing away. What only parts of them need is a comment.
 */
export function rulesYaml(failing: readonly Requirement[], identity: Identity | undefined): string {
  if (failing.length === 0) return '';
  const name = `kx-${failing.map(({ command }) => command).join('-')}-${dnsName(identity?.name ?? 'user')}`;
  const needed = failing.flatMap((each) => each.needed);
  const rights = [...needed, ...failing.flatMap((each) => each.optional)];
  const isFirst = ({ verb, resource, namespace }: PlacedNeed, at: number): boolean =>
    at === rights.findIndex((r) => r.verb === verb && r.resource === resource && r.namespace === namespace);
  const optional = rights.filter((right, at) => at >= needed.length && isFirst(right, at));
  const role = (namespace: string | null, some: readonly PlacedNeed[], more: readonly PlacedNeed[]): string => {
    const kind = namespace === null ? 'ClusterRole' : 'Role';
    return roleYaml(
      kind,
      `metadata: { name: ${name}${namespace === null ? '' : `, namespace: ${namespace}`} }`,
      some.filter((right) => right.namespace === namespace),
      more.filter((right) => right.namespace === namespace),
      `roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${name} }`,
      identity,
    );
  };
  const places = new Set(needed.map((right) => right.namespace));
  // What only parts of the commands need is granted nowhere unasked, be it a rule or a whole role.
  const others = Map.groupBy(optional, (right) => right.namespace);
  const comments = [...others]
    .filter(([place]) => !places.has(place))
    .map(([place, some]) => {
      const reasons = new Set(some.map(reasonOf));
      return `for ${[...reasons].join(', ')}:\n${role(place, optional, [])}`.replaceAll(/^(?=.)/gm, '# ');
    });
  return [[...places].map((place) => role(place, needed, optional)).join('---\n'), ...comments].join('');
}

function roleYaml(
  kind: string,
  metadata: string,
  needed: readonly PlacedNeed[],
  optional: readonly PlacedNeed[],
  roleRef: string,
  identity: Identity | undefined,
): string {
  const parts = Object.entries(Object.groupBy(optional, reasonOf));
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${kind}`,
    metadata,
    'rules:',
    ...rulesOf(needed).map((rule) => `  - ${rule}`),
    ...parts.flatMap(([why, some = []]) => rulesOf(some).map((rule) => `  # - ${rule}  # for ${why}`)),
    '---',
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${kind}Binding`,
    metadata,
    roleRef,
    `subjects: [${subjectOf(identity)}]`,
    '',
  ].join('\n');
}

/** One rule for all resources of a group that need the same verbs. */
function rulesOf(rights: readonly PlacedNeed[]): string[] {
  const resources = new Map<string, { group: string; resource: string; verbs: string[] }>();
  for (const { group, resource, verb } of rights) {
    const entry = resources.get(`${group}/${resource}`) ?? { group, resource, verbs: [] };
    if (!entry.verbs.includes(verb)) entry.verbs.push(verb);
    resources.set(`${group}/${resource}`, entry);
  }
  const rules = Object.groupBy(resources.values(), ({ group, verbs }) => `${group} ${verbs.join(', ')}`);
  return Object.values(rules).map((entries = []) => {
    const [{ group, verbs } = { group: '', verbs: [] as string[] }] = entries;
    return `{ apiGroups: ["${group}"], resources: [${entries.map(({ resource }) => resource).join(', ')}], verbs: [${verbs.join(', ')}] }`;
  });
}

function subjectOf(identity: Identity | undefined): string {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(identity?.name ?? '') ?? [];
  if (account !== undefined) return `{ kind: ServiceAccount, name: ${account}, namespace: ${namespace ?? ''} }`;
  const name = JSON.stringify(identity?.name ?? 'PUT THE NAME OF THE USER HERE');
  return `{ kind: User, apiGroup: rbac.authorization.k8s.io, name: ${name} }`;
}

/** What any object may be called. */
function dnsName(user: string): string {
  const name = user
    .toLowerCase()
    .replace(/^system:serviceaccount:/, '')
    .replaceAll(/[^a-z0-9]+/g, '-');
  return (
    name
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 60)
      .replace(/-+$/, '') || 'user'
  );
}
