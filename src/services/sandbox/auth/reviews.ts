import type { Fields } from '../cluster/objects.ts';
import { badRequest } from '../api/status.ts';
import { isAllowed, rulesOf, type Attributes } from './authorize.ts';
import { findByToken, identityOf, masters, type Identity, type SandboxUser } from './users.ts';

interface ResourceAttributes {
  verb?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}

interface ReviewSpec {
  token?: string;
  namespace?: string;
  user?: string;
  uid?: string;
  groups?: string[];
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { verb?: string; path?: string };
}

/** Answers a question about who somebody is or what they may do; undefined for a kind of question that is not known. */
export function answerReview(
  plural: string,
  body: Fields,
  identity: Identity,
  users: readonly SandboxUser[],
): Fields | undefined {
  const spec = (body['spec'] ?? {}) as ReviewSpec;
  switch (plural) {
    case 'selfsubjectaccessreviews':
      return { ...body, status: accessStatus(identity, users, spec) };
    case 'subjectaccessreviews': {
      const { user, uid = '', groups = [] } = spec;
      if (user === undefined && groups.length === 0) throw badRequest('spec.user or spec.groups must be given');
      return { ...body, status: accessStatus({ name: user ?? '', uid, groups }, users, spec) };
    }
    case 'selfsubjectrulesreviews':
      return { ...body, status: rulesStatus(identity, users, spec.namespace) };
    case 'selfsubjectreviews':
      return { ...body, status: { userInfo: userInfo(identity) } };
    case 'tokenreviews': {
      const user = findByToken(users, spec.token ?? '');
      const status =
        user === undefined
          ? { user: {}, error: 'nobody has this token' }
          : { authenticated: true, user: userInfo(identityOf(user)) };
      return { ...body, status };
    }
    default:
      return undefined;
  }
}

function accessStatus(identity: Identity, users: readonly SandboxUser[], spec: ReviewSpec): Fields {
  const allowed = isAllowed(identity, users, attributesOf(spec));
  return { allowed, ...(allowed ? { reason: 'the rules of the sandbox allow it' } : {}) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: ReviewSpec): Attributes {
  if (nonResourceAttributes !== undefined) {
    return { verb: nonResourceAttributes.verb ?? '', path: nonResourceAttributes.path ?? '' };
  }
  const { verb = '', group = '', resource = '', subresource, namespace, name } = resourceAttributes ?? {};
  return {
    verb,
    group,
    resource: subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`,
    namespace: namespace === '' ? undefined : namespace,
    name: name === '' ? undefined : name,
  };
}

function rulesStatus(identity: Identity, users: readonly SandboxUser[], namespace: string | undefined): Fields {
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const rules = identity.groups.includes(masters)
    ? [all]
    : rulesOf(identity, users)
        .filter((rule) => rule.namespaces === undefined || rule.namespaces.includes(namespace ?? ''))
        .map(({ verbs, apiGroups = [''], resources = [], resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          resourceNames,
        }));
  return { incomplete: false, resourceRules: rules, nonResourceRules: [] };
}

function userInfo({ name, uid, groups }: Identity): Fields {
  return { username: name, ...(uid === '' ? {} : { uid }), groups };
}
