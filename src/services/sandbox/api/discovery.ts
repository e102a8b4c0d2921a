import { apiVersionOf, resources, type Resource } from '../cluster/resources.ts';

const groups = [...new Set(resources.map((each) => each.group).filter((group) => group !== ''))];
const reviewGroups = ['authentication.k8s.io', 'authorization.k8s.io'];

/** Kinds that can only be created: questions. */
const reviews: Readonly<Record<string, readonly string[]>> = {
  'authentication.k8s.io': ['SelfSubjectReview', 'TokenReview'],
  'authorization.k8s.io': ['SelfSubjectAccessReview', 'SelfSubjectRulesReview', 'SubjectAccessReview'],
};

const verbs = ['get', 'list', 'watch'];

/** The documents of discovery and the schema, by path; undefined for any other path. */
export function discoveryDocument(path: string): object | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis')
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: [...groups, ...reviewGroups].map(groupOf) };
  if (path === '/api/v1') return resourceList('', 'v1');
  const [, group, version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (group !== undefined && [...groups, ...reviewGroups].includes(group)) {
    if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
    if (version === 'v1') return resourceList(group, version);
  }
  // No schemas: kubectl needs them to explain and to validate, which a sandbox has no use for.
  if (path === '/openapi/v2')
    return { swagger: '2.0', info: { title: 'kx sandbox', version: 'v1' }, paths: {}, definitions: {} };
  if (path === '/openapi/v3') return { paths: {} };
  return undefined;
}

function groupOf(name: string): object {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function resourceList(group: string, version: string): object {
  const served = resources.filter((each) => each.group === group && each.version === version);
  const questions = (reviews[group] ?? []).map((kind) => ({
    name: `${kind.toLowerCase()}s`,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: [...served.flatMap(describe), ...questions],
  };
}

function describe(resource: Resource): object[] {
  const { plural, kind, namespaced, shortNames, all } = resource;
  const own = {
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: plural === 'pods' ? ['delete', ...verbs] : verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(all ? { categories: ['all'] } : {}),
  };
  if (plural !== 'pods') return [own];
  const stream = { singularName: '', namespaced: true, verbs: ['create', 'get'] };
  return [
    own,
    { ...stream, name: 'pods/attach', kind: 'PodAttachOptions' },
    { ...stream, name: 'pods/exec', kind: 'PodExecOptions' },
    { ...stream, name: 'pods/log', kind: 'Pod', verbs: ['get'] },
  ];
}
