import type { KubeObject } from '../cluster/objects.ts';
import type { Resource } from '../cluster/resources.ts';
import type { Store } from '../cluster/store.ts';
import type { Predicate } from './selectors.ts';
import { ApiError, badRequest } from './status.ts';

/** A part of a list. */
interface Page {
  readonly objects: readonly KubeObject[];
  /** Of the first page: a watch from there shows what changed between the pages. */
  readonly version: number;
  /** What `continue` must say for the next page; undefined: this is the last. */
  readonly next: string | undefined;
}

interface ListOf {
  readonly namespace: string | undefined;
  readonly wanted: Predicate;
  readonly query: URLSearchParams;
}

/** The page of a list that `limit` and `continue` ask for. Throws an ApiError: 410 for one that began too long ago. */
export function takePage(store: Store, resource: Resource, { namespace, wanted, query }: ListOf): Page {
  const limit = Number(query.get('limit') ?? 0) || Infinity;
  const { version, after } = readToken(query.get('continue')) ?? { version: store.version, after: '' };
  if (store.changesAfter(version) === undefined) {
    throw new ApiError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result.',
    );
  }
  const rest = store.list(resource, namespace).filter((object) => wanted(object) && keyOf(object) > after);
  const objects = rest.slice(0, limit);
  const last = objects.at(-1);
  const isLast = last === undefined || objects.length === rest.length;
  return { objects, version, next: isLast ? undefined : writeToken({ version, after: keyOf(last) }) };
}

interface Token {
  readonly version: number;
  readonly after: string;
}

/** In the order of the store. */
function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string | null): Token | undefined {
  if (text === null || text === '') return undefined;
  try {
    const { version, after } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Token>;
    if (typeof version === 'number' && typeof after === 'string') return { version, after };
  } catch {
    // Refused below, like any other that was not made here.
  }
  throw badRequest('continue key is not valid');
}
