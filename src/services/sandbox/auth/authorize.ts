import { masters, type Identity, type Rule, type SandboxUser } from './users.ts';

/** What somebody wants to do. */
export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      /** With the subresource, as in `pods/exec`. */
      readonly resource: string;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
    }
  | { readonly verb: string; readonly path: string };

const openPaths = ['/healthz', '/livez', '/readyz', '/version'];
const discoveryPaths = ['/api', '/apis', '/openapi'];
const selfReviews = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'];

/** True when the rules of a user, or what everybody may, allow it. */
export function isAllowed(identity: Identity, users: readonly SandboxUser[], wanted: Attributes): boolean {
  if (identity.groups.includes(masters)) return true;
  if ('path' in wanted && isUnder(wanted.path, openPaths)) return true;
  if (identity.groups.includes('system:authenticated')) {
    if ('path' in wanted && isUnder(wanted.path, discoveryPaths)) return true;
    if ('resource' in wanted && wanted.verb === 'create' && selfReviews.includes(wanted.resource)) return true;
  }
  return rulesOf(identity, users).some((rule) => allows(rule, wanted));
}

/** The rules of the user that an identity names; none for a name that nobody has. */
export function rulesOf(identity: Identity, users: readonly SandboxUser[]): readonly Rule[] {
  return users.find((user) => user.name === identity.name)?.rules ?? [];
}

/** The sentence of the apiserver (k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go). */
export function forbiddenMessage(identity: Identity, wanted: Attributes): string {
  const user = `User ${JSON.stringify(identity.name)}`;
  if ('path' in wanted) return `forbidden: ${user} cannot ${wanted.verb} path ${JSON.stringify(wanted.path)}`;
  const [plural = ''] = wanted.resource.split('/');
  const what = wanted.name === undefined ? plural : `${plural} ${JSON.stringify(wanted.name)}`;
  const where =
    wanted.namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(wanted.namespace)}`;
  return `${what} is forbidden: ${user} cannot ${wanted.verb} resource ${JSON.stringify(wanted.resource)} in API group ${JSON.stringify(wanted.group)} ${where}`;
}

function allows(rule: Rule, wanted: Attributes): boolean {
  if (!matches(rule.verbs, wanted.verb)) return false;
  if ('path' in wanted) return rule.nonResourceURLs?.some((each) => matchesPath(each, wanted.path)) ?? false;
  const { resource, group, namespace, name } = wanted;
  const [, subresource] = resource.split('/');
  const resources = rule.resources ?? [];
  return (
    (matches(resources, resource) || (subresource !== undefined && resources.includes(`*/${subresource}`))) &&
    matches(rule.apiGroups ?? [''], group) &&
    (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))) &&
    (rule.namespaces === undefined || (namespace !== undefined && rule.namespaces.includes(namespace)))
  );
}

function matches(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

function isUnder(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}
