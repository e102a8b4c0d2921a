import type { ApiClient } from '../../kube/index.ts';
import { KxError } from '../../errors/index.ts';
import { pathOf } from '../kinds.ts';
import { getObject, isMissing } from '../missing.ts';
import type { Reference } from '../reference.ts';
import { readObjects } from './read-objects.ts';
import type { Sources } from './sources.ts';

/** An object that somebody named and that is not there. */
export interface Missing {
  readonly reference: Reference;
  readonly error: KxError;
}

const shownNames = 10;

/** KX_TARGET_NOT_FOUND that names the objects and where they were looked for. */
export function notFound(references: readonly Reference[], namespaces: Sources['namespaces']): KxError {
  const names = references.slice(0, shownNames).map(({ kind, name }) => `${kind} "${name}"`);
  const more = references.length > shownNames ? ` and ${references.length - shownNames} more` : '';
  return new KxError('KX_TARGET_NOT_FOUND', `${names.join(', ')}${more} not found in ${placesOf(namespaces)}`);
}

/** The namespaces that have an object of this name. */
export async function findNamespaces(
  api: ApiClient,
  { kind, name }: Reference,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const request = { path: pathOf(kind, undefined), query: { fieldSelector: `metadata.name=${name}` }, signal };
  const { kept } = await readObjects(api, request, ({ metadata }) => metadata?.namespace);
  return kept;
}

/** Looks for one object again. Gives why it is missing (for one that is looked for alone with similar names); else undefined. */
export async function findMissing(
  api: ApiClient,
  reference: Reference,
  { namespaces, alone }: { readonly namespaces: Sources['namespaces']; readonly alone: boolean },
  signal: AbortSignal | undefined,
): Promise<Missing | undefined> {
  for (const namespace of namespaces) {
    try {
      if (namespace === undefined) {
        if ((await findNamespaces(api, reference, signal)).length > 0) return undefined;
        continue;
      }
      if (alone && namespaces.length === 1) await getObject(api, reference, namespace, signal);
      else await api.get(pathOf(reference.kind, namespace, reference.name), { signal });
      return undefined;
    } catch (error) {
      if (error instanceof KxError && error.cause instanceof KxError) return { reference, error };
      if (!isMissing(error, reference.name)) throw error;
    }
  }
  return { reference, error: notFound([reference], namespaces) };
}

function placesOf(namespaces: Sources['namespaces']): string {
  const names = namespaces.filter((namespace) => namespace !== undefined);
  if (names.length === 0) return 'any namespace';
  return `namespace${names.length === 1 ? '' : 's'} ${names.map((name) => `"${name}"`).join(', ')}`;
}
