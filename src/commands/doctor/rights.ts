import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import { failed, limited, type Check } from './check.ts';
import { needs, type Need, type Right } from './rights-table.ts';

/** What the check of rights looks at. */
export interface RightsRequest {
  readonly namespace: string;
  /** The commands to look at; those in `asked` fail where a right is missing. */
  readonly commands: readonly string[];
  readonly asked: readonly string[];
  /** The minor version of the server. */
  readonly minor: number;
  /** A command was run: what that needs is there, whatever a review says. */
  readonly execWorks: boolean;
  /** Whether the container that was named has `sh`; undefined: none was. */
  readonly hasShell: boolean | undefined;
}

/** What a command needs: all of it, whether it is there or not. */
export interface Requirement {
  readonly command: string;
  readonly needed: readonly Need[];
  /** What parts of it need. */
  readonly optional: readonly Need[];
}

const atOnce = 4;

/** Asks the server about each right (SelfSubjectAccessReview), and gives a check for each command. */
export async function checkRights(
  api: ApiClient,
  request: RightsRequest,
  signal: AbortSignal,
): Promise<{ readonly checks: readonly Check[]; readonly failing: readonly Requirement[] }> {
  const wanted = new Map(
    request.commands.flatMap((command) => (needs[command] ?? []).map((each) => [keyOf(each), each])),
  );
  const waiting = [...wanted.values()];
  const allowed = new Map<string, boolean>();
  const work = async (): Promise<void> => {
    for (let right = waiting.shift(); right !== undefined; right = waiting.shift()) {
      allowed.set(keyOf(right), await isAllowed(api, right, request.namespace, limited(signal, 15_000)));
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } catch (error) {
    const isClosed = error instanceof KxError && ['403', '404'].includes(error.details['status'] ?? '');
    const message = 'the server lets nobody ask what is allowed (selfsubjectaccessreviews)';
    return { checks: [isClosed ? { id: 'rights', status: 'skipped', message } : failed('rights', error)], failing: [] };
  }
  const results = request.commands.map((command) => {
    const [needed, optional] = [true, false].map((wanted) =>
      (needs[command] ?? []).filter((right) => isNeeded(right, request) === wanted),
    );
    const requirement: Requirement = { command, needed: needed ?? [], optional: optional ?? [] };
    return { requirement, check: checkOf(requirement, request, (right) => allowed.get(keyOf(right)) === false) };
  });
  return {
    checks: results.map(({ check }) => check),
    failing: results.flatMap(({ check, requirement }) => (check.status === 'failed' ? [requirement] : [])),
  };
}

/** Whether a command cannot do without a right, here. */
function isNeeded(right: Need, { execWorks, hasShell, minor }: RightsRequest): boolean {
  if (right.resource === 'pods/ephemeralcontainers') return hasShell === false;
  if (right.resource === 'pods/exec' && right.verb === 'create') return minor >= 35 && !execWorks;
  return right.for === undefined;
}

function checkOf(
  { command, needed, optional }: Requirement,
  { namespace, asked }: RightsRequest,
  isMissing: (right: Need) => boolean,
): Check {
  const lacking = needed.filter(isMissing);
  const others = optional.filter(isMissing);
  const describe = (right: Need, isNeeded: boolean) => ({
    verb: right.verb,
    apiGroup: right.group,
    resource: right.resource,
    namespace: right.scope === 'cluster' ? null : namespace,
    needed: isNeeded,
    for: right.for ?? null,
  });
  const missing = [...lacking.map((right) => describe(right, true)), ...others.map((right) => describe(right, false))];
  const common = { id: `rights.${command}`, details: { command, missing } };
  if (lacking.length > 0) {
    const status = asked.includes(command) ? ('failed' as const) : ('warning' as const);
    return { ...common, status, message: `you may not ${phrase(lacking)} in namespace ${namespace}` };
  }
  if (others.length === 0) return { ...common, status: 'ok', message: `everything in namespace ${namespace}` };
  const parts = Object.entries(Object.groupBy(others, ({ for: why = 'Kubernetes 1.35 and newer' }) => why));
  const without = parts.map(([why, rights = []]) => `${why} (${phrase(rights)})`);
  return { ...common, status: 'warning', message: `in namespace ${namespace} everything but ${without.join('; ')}` };
}

/** "get and create pods/exec, list pods". */
function phrase(rights: readonly Right[]): string {
  const byVerbs = Object.groupBy(Object.entries(Object.groupBy(rights, ({ resource }) => resource)), ([, all = []]) =>
    all.map(({ verb }) => verb).join(' and '),
  );
  return Object.entries(byVerbs)
    .map(([verbs, all = []]) => `${verbs} ${all.map(([resource]) => resource).join(', ')}`)
    .join('; ');
}

async function isAllowed(api: ApiClient, right: Right, namespace: string, signal: AbortSignal): Promise<boolean> {
  const [resource, subresource = ''] = right.resource.split('/');
  const where = right.scope === 'cluster' ? {} : { namespace };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...where, verb: right.verb, group: right.group, resource, subresource } },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { status } = await api.post<{ status?: { allowed?: boolean } }>(path, body, { signal });
  return status?.allowed === true;
}

function keyOf({ verb, group, resource }: Right): string {
  return `${verb} ${group}/${resource}`;
}
