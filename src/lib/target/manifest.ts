import { KxError } from '../errors/index.ts';
import { parseYamlDocuments, type YamlError } from '../kube/index.ts';
import { kinds, kindNames, type Kind } from './kinds.ts';
import { checkName, checkNamespace, quote } from './names.ts';
import type { Reference } from './reference.ts';

/** What a manifest names. */
export interface ManifestReference {
  readonly reference: Reference;
  /** Absent: the namespace that applies to any reference. */
  readonly namespace?: string;
}

/**
 * Reads the one object of a manifest, YAML or JSON, as a reference; `source` names it in messages. `enforced` is the
 * namespace of `-n`, where the user gave one: an object in another is refused, as kubectl does. Everything that is not
 * exactly one object with pods is KX_USAGE.
 */
export async function referenceFromManifest(
  text: string,
  source: string,
  enforced?: string,
): Promise<ManifestReference> {
  const [object, ...others] = (await parseDocuments(text, source)).flatMap(itemsOf);
  if (object === undefined) throw usage(source, 'there is no object in it');
  if (others.length > 0) throw new KxError('KX_USAGE', 'cannot exec into multiple objects at a time');
  const kind = kindOf(object, source);
  const { name, namespace } = metadataOf(object);
  if (typeof name !== 'string') throw usage(source, 'the object has no metadata.name');
  checkName(kind, name);
  const reference = { kind, name };
  if (typeof namespace !== 'string' || namespace === '') return { reference };
  checkNamespace(namespace);
  if (enforced !== undefined && enforced !== namespace) {
    throw new KxError(
      'KX_USAGE',
      `the namespace from the provided object "${namespace}" does not match the namespace "${enforced}"`,
      { hint: `pass --namespace=${namespace}` },
    );
  }
  return { reference, namespace };
}

type Fields = Readonly<Record<string, unknown>>;

async function parseDocuments(text: string, source: string): Promise<readonly unknown[]> {
  return parseYamlDocuments(text).catch((cause: unknown) => {
    const { where, message } = cause as YamlError;
    const place = where === undefined ? '' : `:${where.line}:${where.column}`;
    throw usage(`${source}${place}`, `neither YAML nor JSON: ${message}`, cause);
  });
}

/** The objects of one document: none when it is empty, the items of a List. */
function itemsOf(document: unknown): readonly unknown[] {
  if (document === null || document === undefined) return [];
  return isRecord(document) && document['kind'] === 'List' && Array.isArray(document['items'])
    ? (document['items'] as unknown[])
    : [document];
}

function kindOf(object: unknown, source: string): Kind {
  if (!isRecord(object) || typeof object['kind'] !== 'string' || typeof object['apiVersion'] !== 'string') {
    throw usage(source, 'it is not a Kubernetes object (no apiVersion and kind)');
  }
  const { kind: word, apiVersion } = object as { kind: string; apiVersion: string };
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const kind = kindNames.find((each) => each === word.toLowerCase() && kinds[each].group === group);
  if (kind === undefined) {
    throw usage(source, `${quote(word)} of ${quote(apiVersion)} is not a kind of object that has pods`);
  }
  return kind;
}

function metadataOf(object: unknown): Fields {
  return isRecord(object) && isRecord(object['metadata']) ? object['metadata'] : {};
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function usage(source: string, message: string, cause?: unknown): KxError {
  return new KxError('KX_USAGE', `${source}: ${message}`, { cause });
}
