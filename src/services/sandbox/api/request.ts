import type { Attributes } from '../auth/authorize.ts';

/** A request as RequestInfo has it (k8s.io/apiserver/pkg/endpoints/request). */
export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** undefined for what is not a resource: discovery, health, version. */
  readonly target: ResourceTarget | undefined;
}

export interface ResourceTarget {
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Takes a request line apart. */
export function readRequest(method: string, url: string): RequestInfo {
  const [path = '', query = ''] = url.split('?', 2);
  return { method, path: path.replace(/(.)\/$/, '$1'), query: new URLSearchParams(query), target: targetOf(path) };
}

/** What the authorizer is asked for this request. */
export function attributesOf({ method, path, query, target }: RequestInfo): Attributes {
  if (target === undefined) return { verb: method.toLowerCase(), path };
  const { group, plural, subresource, namespace, name } = target;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { verb: verbOf(method, query, name), group, resource, namespace, name };
}

function verbOf(method: string, query: URLSearchParams, name: string | undefined): string {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      if (isWatch(query)) return 'watch';
      return name === undefined ? 'list' : 'get';
  }
}

/** True when changes are asked for. */
export function isWatch(query: URLSearchParams): boolean {
  return ['true', '1'].includes(query.get('watch') ?? '');
}

function targetOf(path: string): ResourceTarget | undefined {
  const words = path
    .split('/')
    .filter((word) => word !== '')
    .map(decode);
  const core = words[0] === 'api';
  if (!core && words[0] !== 'apis') return undefined;
  const [group = '', version = '', ...rest] = core ? ['', ...words.slice(1)] : words.slice(1);
  if (rest.length === 0) return undefined;
  // /namespaces/NAME alone is the namespace itself.
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', name, subresource] = namespaced ? rest.slice(2) : rest;
  const namespace = namespaced || rest[0] === 'namespaces' ? rest[1] : undefined;
  return { group, version, namespace, plural, name, subresource };
}

function decode(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
