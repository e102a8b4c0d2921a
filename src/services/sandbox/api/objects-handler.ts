import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cluster } from '../cluster/cluster.ts';
import { apiVersionOf, findResource } from '../cluster/resources.ts';
import { formOf, present, presentList } from './representation.ts';
import { takePage } from './page.ts';
import { isWatch, type RequestInfo } from './request.ts';
import { sendJson } from './send.ts';
import { parseFieldSelector, parseLabelSelector, type Predicate } from './selectors.ts';
import { methodNotAllowed, noSuchPath, notFound } from './status.ts';
import { serveWatch } from './watch-handler.ts';

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
  const { objects, version, next } = takePage(cluster.store, resource, { namespace, wanted, query });
  const includeObject = query.get('includeObject');
  const list = { kind: resource.kind, apiVersion: apiVersionOf(resource), version, next, includeObject };
  sendJson(response, 200, presentList(objects, form, list));
}

function predicateOf(query: URLSearchParams, name: string | undefined): Predicate {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  return (object) => labels(object) && fields(object) && (name === undefined || object.metadata.name === name);
}
