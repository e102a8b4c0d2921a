import { randomBytes } from 'node:crypto';
import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';
import { KxError } from '../../../lib/errors/index.ts';
import type { Rule, SandboxUser } from '../auth/users.ts';
import type { Fields, ObjectMeta } from './objects.ts';
import { resourceOfKind, type Resource } from './resources.ts';

/** An object of a cluster file, checked as far as the sandbox relies on it. */
export interface ManifestObject {
  readonly resource: Resource;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<ObjectMeta> & { name: string };
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly [field: string]: unknown;
}

export interface ClusterFile {
  readonly objects: readonly ManifestObject[];
  readonly users: readonly SandboxUser[];
}

/** Reads the YAML documents of a cluster file; `source` names it in messages. Anything unknown is KX_CONFIG. */
export function readClusterFile(text: string, source: string): ClusterFile {
  const objects: ManifestObject[] = [];
  const users: SandboxUser[] = [];
  for (const document of parse(text, source).flatMap(itemsOf)) {
    const { apiVersion, kind, metadata } = isRecord(document) ? document : {};
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
      throw fault(source, 'there is something that is not a Kubernetes object (no apiVersion and kind)');
    }
    const { name } = isRecord(metadata) ? metadata : {};
    if (typeof name !== 'string' || name === '') throw fault(source, `a ${kind} has no metadata.name`);
    if (apiVersion === 'kx.dev/v1' && kind === 'SandboxUser') {
      users.push(readUser(name, document as Fields, source));
      continue;
    }
    const resource = resourceOfKind(apiVersion, kind);
    if (resource === undefined) throw fault(source, `the sandbox has no ${kind} in ${apiVersion} (${name})`);
    const object = { ...(document as Omit<ManifestObject, 'resource'>), resource } as ManifestObject;
    if (kind === 'Pod') checkContainers(object.spec, `pod ${name}`, source);
    checkTemplate(object, source);
    objects.push(object);
  }
  return { objects, users };
}

function checkTemplate({ spec, kind, metadata }: ManifestObject, source: string): void {
  const job = isRecord(spec?.['jobTemplate']) ? spec['jobTemplate']['spec'] : spec;
  const template = isRecord(job) ? job['template'] : undefined;
  const what = `${kind.toLowerCase()} ${metadata.name}`;
  if (isRecord(template)) checkContainers(template['spec'], what, source);
  else if (['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(kind)) {
    throw fault(source, `${what} has no pod template`);
  }
}

function checkContainers(spec: unknown, what: string, source: string): void {
  const containers = isRecord(spec) ? spec['containers'] : undefined;
  const named =
    Array.isArray(containers) && containers.every((each) => isRecord(each) && typeof each['name'] === 'string');
  if (!named || containers.length === 0) throw fault(source, `${what} has no containers with names`);
}

function readUser(name: string, { spec }: Fields, source: string): SandboxUser {
  // Every user of this machine reaches the port: a token that can be guessed is an open door.
  const { token = randomToken(), groups = [], uid = '', rules = [] } = isRecord(spec) ? spec : {};
  const bad = (what: string): KxError => fault(source, `SandboxUser ${name}: ${what}`);
  if (typeof token !== 'string' || token === '') throw bad('spec.token is empty or not a text');
  if (!isStrings(groups)) throw bad('spec.groups is not a list of names');
  if (typeof uid !== 'string') throw bad('spec.uid is not a text');
  if (!Array.isArray(rules)) throw bad('spec.rules is not a list');
  return { name, token, uid, groups, rules: rules.map((rule) => readRule(rule, bad)) };
}

function randomToken(): string {
  return randomBytes(24).toString('base64url');
}

const ruleFields = ['verbs', 'apiGroups', 'resources', 'resourceNames', 'namespaces', 'nonResourceURLs'] as const;

function readRule(rule: unknown, bad: (what: string) => KxError): Rule {
  if (!isRecord(rule) || !isStrings(rule['verbs'])) throw bad('a rule has no verbs');
  for (const [field, value] of Object.entries(rule)) {
    if (!(ruleFields as readonly string[]).includes(field)) throw bad(`a rule has an unknown field ${field}`);
    if (!isStrings(value)) throw bad(`${field} of a rule is not a list of texts`);
  }
  return rule as unknown as Rule;
}

function parse(text: string, source: string): readonly unknown[] {
  try {
    return loadAll(text, { schema: CORE_SCHEMA.withTags(mergeTag) });
  } catch (cause) {
    const { reason = 'it cannot be parsed', mark } = cause as { reason?: string; mark?: { line: number } };
    throw fault(mark === undefined ? source : `${source}:${mark.line + 1}`, `not YAML: ${reason}`, cause);
  }
}

function itemsOf(document: unknown): readonly unknown[] {
  if (document === null || document === undefined) return [];
  return isRecord(document) && document['kind'] === 'List' && Array.isArray(document['items'])
    ? document['items']
    : [document];
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(source: string, message: string, cause?: unknown): KxError {
  return new KxError('KX_CONFIG', `${source}: ${message}`, { cause });
}
