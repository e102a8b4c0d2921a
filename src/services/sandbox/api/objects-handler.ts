import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cluster } from '../cluster/cluster.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { apiVersionOf, findResource, type Resource } from '../cluster/resources.ts';
import type { Change } from '../cluster/store.ts';
import { formOf, present, presentList } from './representation.ts';
import { isWatch, type RequestInfo } from './request.ts';
import { sendJson } from './send.ts';
import { parseFieldSelector, parseLabelSelector, type Predicate } from './selectors.ts';
import { ApiError, methodNotAllowed, noSuchPath, notFound, statusBody } from './status.ts';

/** Serves get, list, watch and the deletion of pods. Throws an ApiError. */
export function serveObjects(
  cluster: Cluster,
  info: RequestInfo,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { target, method, query } = info;
  const resource = target && findResource(target.group, target.version, target.plural);
  if (target === undefined || resource === undefined) throw noSuchPath();
  if (target.subresource !== undefined && target.subresource !== 'status') throw noSuchPath();
  const form = formOf(request.headers.accept);
  const { name } = target;
  const namespace = resource.namespaced ? target.namespace : undefined;
  if (method === 'DELETE' && resource === cluster.pods && name !== undefined) {
    const pod = cluster.deletePod(namespace ?? '', name);
    if (pod === undefined) throw notFound(resource.plural, resource.group, name);
    sendJson(response, 200, pod);
    return;
  }
  if (method !== 'GET') throw methodNotAllowed();
  if (name !== undefined && !isWatch(query)) {
    const object = cluster.store.get(resource, namespace, name);
    if (object === undefined) throw notFound(resource.plural, resource.group, name);
    sendJson(response, 200, present(object, form, resource.kind, query.get('includeObject')));
    return;
  }
  const wanted = predicateOf(query, name);
  if (isWatch(query)) {
    serveWatch(cluster, resource, { namespace, wanted, query, form }, response);
    return;
  }
  const { store } = cluster;
  const list = { kind: resource.kind, apiVersion: apiVersionOf(resource), version: store.version };
  const objects = store.list(resource, namespace).filter(wanted);
  sendJson(response, 200, presentList(objects, form, { ...list, includeObject: query.get('includeObject') }));
}

interface Watch {
  readonly namespace: string | undefined;
  readonly wanted: Predicate;
  readonly query: URLSearchParams;
  readonly form: ReturnType<typeof formOf>;
}

function serveWatch(cluster: Cluster, resource: Resource, watch: Watch, response: ServerResponse): void {
  const { namespace, wanted, query, form } = watch;
  const { store } = cluster;
  const since = query.get('resourceVersion') ?? '';
  const fromNow = since === '' || since === '0';
  const past = fromNow ? [] : store.changesAfter(Number(since));
  const write = (type: string, object: KubeObject): void => {
    const shown = present(object, form, resource.kind, query.get('includeObject'));
    response.write(`${JSON.stringify({ type, object: shown })}\n`);
  };
  const tell = (change: Change): void => {
    const { object, previous, type } = change;
    if (change.resource !== resource || (namespace !== undefined && object.metadata.namespace !== namespace)) return;
    const was = previous !== undefined && wanted(previous);
    const is = type !== 'DELETED' && wanted(object);
    // An object that starts or stops to match comes or goes for this watcher.
    if (is) write(was ? 'MODIFIED' : 'ADDED', object);
    else if (was) write('DELETED', object);
  };

  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  if (past === undefined) {
    const expired = new ApiError(410, 'Expired', `too old resource version: ${since}`);
    response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(expired) })}\n`);
    return;
  }
  if (fromNow) for (const object of store.list(resource, namespace).filter(wanted)) write('ADDED', object);
  for (const change of past) tell(change);
  const stop = store.listen(tell);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.once('close', () => {
    stop();
    clearTimeout(timer);
  });
}

function predicateOf(query: URLSearchParams, name: string | undefined): Predicate {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  return (object) => labels(object) && fields(object) && (name === undefined || object.metadata.name === name);
}
