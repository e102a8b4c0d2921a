import { KxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import { failed, limited, type Check } from './check.ts';
import { needs, type Need } from './rights-table.ts';

/** What the check of rights looks at. */
export interface RightsRequest {
  readonly namespace: string;
  /** Where helper pods are made. */
  readonly helperNamespace: string;
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

/** A need, and where it is. */
export interface PlacedNeed extends Need {
  /** null: of the cluster. */
  readonly namespace: string | null;
}

/** What a command needs: all of it, whether it is there or not. */
export interface Requirement {
  readonly command: string;
  readonly needed: readonly PlacedNeed[];
  /** What parts of it need. */
  readonly optional: readonly PlacedNeed[];
}

const atOnce = 4;

/** Asks the server about each right (SelfSubjectAccessReview), and gives a check for each command. */
export async function checkRights(
  api: ApiClient,
  request: RightsRequest,
  signal: AbortSignal,
): Promise<{ readonly checks: readonly Check[]; readonly failing: readonly Requirement[] }> {
  const requirements = request.commands.map((command) => requirementOf(command, request));
  const wanted = new Map(
    requirements.flatMap(({ needed, optional }) => [...needed, ...optional].map((each) => [keyOf(each), each])),
  );
  const waiting = [...wanted.values()];
  const allowed = new Map<string, boolean>();
  const work = async (): Promise<void> => {
    for (let right = waiting.shift(); right !== undefined; right = waiting.shift()) {
      allowed.set(keyOf(right), await isAllowed(api, right, limited(signal, 15_000)));
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } catch (error) {
    const isClosed = error instanceof KxError && ['403', '404'].includes(error.details['status'] ?? '');
    const message = 'the server lets nobody ask what is allowed (selfsubjectaccessreviews)';
    return { checks: [isClosed ? { id: 'rights', status: 'skipped', message } : failed('rights', error)], failing: [] };
  }
  const results = requirements.map((requirement) => ({
    requirement,
    check: checkOf(requirement, request, (right) => allowed.get(keyOf(right)) === false),
  }));
  return {
    checks: results.map(({ check }) => check),
    failing: results.flatMap(({ check, requirement }) => (check.status === 'failed' ? [requirement] : [])),
  };
}

/** Each right once, and what cannot be done without before what parts of the command need. */
function requirementOf(command: string, request: RightsRequest): Requirement {
  const { namespace, helperNamespace } = request;
  const where = { namespace, helper: helperNamespace, cluster: null };
  const placed = (needs[command] ?? []).map((need): PlacedNeed => ({ ...need, namespace: where[need.scope] }));
  const needed = eachOnce(placed.filter((need) => isNeeded(need, request)));
  const taken = new Set(needed.map(keyOf));
  return { command, needed, optional: eachOnce(placed.filter((need) => !taken.has(keyOf(need)))) };
}

function eachOnce(placed: readonly PlacedNeed[]): readonly PlacedNeed[] {
  return placed.filter((need, at) => at === placed.findIndex((other) => keyOf(other) === keyOf(need)));
}

/** Whether a command cannot do without a right, here. */
function isNeeded(right: PlacedNeed, { execWorks, hasShell, minor, namespace }: RightsRequest): boolean {
  if (right.resource === 'pods/ephemeralcontainers') return hasShell === false;
  if (right.for !== undefined) return false;
  if (right.resource !== 'pods/exec' || right.verb !== 'create') return true;
  return minor >= 35 && !(execWorks && right.namespace === namespace);
}

function checkOf(
  { command, needed, optional }: Requirement,
  { namespace, helperNamespace, asked }: RightsRequest,
  isMissing: (right: PlacedNeed) => boolean,
): Check {
  const lacking = needed.filter(isMissing);
  const others = optional.filter(isMissing);
  const describe = (right: PlacedNeed, isNeeded: boolean) => ({
    verb: right.verb,
    apiGroup: right.group,
    resource: right.resource,
    namespace: right.namespace,
    needed: isNeeded,
    for: right.for ?? null,
  });
  const missing = [...lacking.map((right) => describe(right, true)), ...others.map((right) => describe(right, false))];
  const common = { id: `rights.${command}`, details: { command, missing } };
  if (lacking.length > 0) {
    const status = asked.includes(command) ? ('failed' as const) : ('warning' as const);
    return { ...common, status, message: `you may not ${phraseByPlace(lacking)}` };
  }
  const hasHelper = helperNamespace !== namespace && needed.some((right) => right.namespace === helperNamespace);
  const places = `namespace ${namespace}${hasHelper ? ` and helper pods in ${helperNamespace}` : ''}`;
  if (others.length === 0) return { ...common, status: 'ok', message: `everything in ${places}` };
  const parts = Object.entries(Object.groupBy(others, reasonOf));
  const without = parts.map(([why, rights = []]) => `${why} (${phrase(rights)})`);
  return { ...common, status: 'warning', message: `in ${places} everything but ${without.join('; ')}` };
}

/** What a right is for that is not needed here; `create` on pods/exec is for all of it, elsewhere. */
export function reasonOf({ for: why = 'Kubernetes 1.35 and newer' }: PlacedNeed): string {
  return why;
}

/** "get pods in namespace a; create pods in namespace b". */
function phraseByPlace(rights: readonly PlacedNeed[]): string {
  return [...Map.groupBy(rights, ({ namespace }) => namespace)]
    .map(([where, some]) => `${phrase(some)} in ${where === null ? 'the whole cluster' : `namespace ${where}`}`)
    .join('; ');
}

/** "get and create pods/exec, list pods". */
function phrase(rights: readonly PlacedNeed[]): string {
  const byVerbs = Object.groupBy(Object.entries(Object.groupBy(rights, ({ resource }) => resource)), ([, all = []]) =>
    all.map(({ verb }) => verb).join(' and '),
  );
  return Object.entries(byVerbs)
    .map(([verbs, all = []]) => `${verbs} ${all.map(([resource]) => resource).join(', ')}`)
    .join('; ');
}

async function isAllowed(api: ApiClient, right: PlacedNeed, signal: AbortSignal): Promise<boolean> {
  const [resource, subresource = ''] = right.resource.split('/');
  const where = right.namespace === null ? {} : { namespace: right.namespace };
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { ...where, verb: right.verb, group: right.group, resource, subresource } },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { status } = await api.post<{ status?: { allowed?: boolean } }>(path, body, { signal });
  return status?.allowed === true;
}

function keyOf({ verb, group, resource, namespace }: PlacedNeed): string {
  return `${verb} ${group}/${resource} ${namespace ?? ''}`;
}
