import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { pathOf } from './kinds.ts';
import { closestNames } from './names.ts';
import type { Reference } from './reference.ts';

/** True when the server answered with this HTTP status. */
export function hasStatus(error: unknown, status: number): error is KxError {
  return error instanceof KxError && error.details['status'] === String(status);
}

/** True for the server's 404 of an object by this name; not for the 404 of a path that the server does not know. */
export function isMissing(error: unknown, name: string): error is KxError {
  return hasStatus(error, 404) && error.message.includes(`"${name}" not found`);
}

/** True for what `getObject` rejects with where there is no such object. */
export function isExplainedMissing(error: unknown): error is KxError {
  return hasStatus(error, 404) && error.cause instanceof KxError;
}

/** GETs the object that a reference names. One that does not exist is KX_TARGET_NOT_FOUND and names similar ones. */
export async function getObject<T>(
  api: ApiClient,
  reference: Reference,
  namespace: string,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await api.get<T>(pathOf(reference.kind, namespace, reference.name), { signal });
  } catch (error) {
    throw isMissing(error, reference.name) ? await explainMissing(api, reference, namespace, error, signal) : error;
  }
}

/** The 404 of an object as KX_TARGET_NOT_FOUND; the hint names similar objects where listing is allowed. Never rejects. */
export async function explainMissing(
  api: ApiClient,
  reference: Reference,
  namespace: string,
  error: KxError,
  signal?: AbortSignal,
): Promise<KxError> {
  const { kind, name } = reference;
  return new KxError('KX_TARGET_NOT_FOUND', `${kind} "${name}" not found in namespace "${namespace}"`, {
    ran: error.ran,
    details: error.details,
    cause: error,
    hint: await suggestNames(api, reference, namespace, signal),
  });
}

async function suggestNames(
  api: ApiClient,
  { kind, name }: Reference,
  namespace: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  let names: readonly string[];
  try {
    const list = await api.get<NameList>(pathOf(kind, namespace), { headers: { accept: metadataOnly }, signal });
    names = list.items.map((item) => item.metadata.name);
  } catch {
    return undefined; // No permission to list: the 404 says enough.
  }
  if (names.length === 0) return `there is no ${kind} in namespace "${namespace}": name another with -n`;
  const close = closestNames(name, names);
  return close.length === 0 ? undefined : `did you mean ${close.join(' or ')}?`;
}

interface NameList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

/** Asks for the metadata alone: a list of a thousand pods is small then. */
const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
