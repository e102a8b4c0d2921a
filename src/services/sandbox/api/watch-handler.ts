import type { ServerResponse } from 'node:http';
import type { Cluster } from '../cluster/cluster.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { apiVersionOf, findResource, type Resource } from '../cluster/resources.ts';
import type { Change } from '../cluster/store.ts';
import { parseFaults, type Faults } from '../exec/faults.ts';
import { present, type Form } from './representation.ts';
import type { Predicate } from './selectors.ts';
import { ApiError, statusBody } from './status.ts';

/** As often as an apiserver says where a watch is (k8s.io/apiserver/pkg/storage/cacher). */
const bookmarkEvery = 60_000;

/** What to watch. */
export interface Watch {
  readonly namespace: string | undefined;
  readonly wanted: Predicate;
  readonly query: URLSearchParams;
  readonly form: Form;
}

/** Serves a watch until its client goes, its time is over, or a fault of the namespace ends it. */
export function serveWatch(cluster: Cluster, resource: Resource, watch: Watch, response: ServerResponse): void {
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

  const expire = (): void => {
    const expired = new ApiError(410, 'Expired', `too old resource version: ${since} (${store.version})`);
    response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(expired) })}\n`);
  };
  const mark = (): void => {
    const metadata = { resourceVersion: String(store.version), creationTimestamp: null };
    const object = { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata };
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  };

  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  if (past === undefined) {
    expire();
    return;
  }
  if (fromNow) for (const object of store.list(resource, namespace).filter(wanted)) write('ADDED', object);
  for (const change of past) tell(change);
  const stop = store.listen(tell);
  const { watchCut, watchExpires } = faultsOf(cluster, namespace);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timers = [
    seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined,
    watchCut === undefined ? undefined : setTimeout(() => response.destroy(), watchCut),
    watchExpires === undefined ? undefined : setTimeout(expire, watchExpires),
    query.get('allowWatchBookmarks') === 'true' ? setInterval(mark, bookmarkEvery) : undefined,
  ];
  response.once('close', () => {
    stop();
    for (const timer of timers) clearTimeout(timer);
  });
}

/** Those of the namespace that is watched. */
function faultsOf({ store }: Cluster, namespace: string | undefined): Faults {
  const namespaces = findResource('', 'v1', 'namespaces');
  const object =
    namespace === undefined || namespaces === undefined ? undefined : store.get(namespaces, undefined, namespace);
  return parseFaults(object?.metadata.annotations, `namespace ${namespace ?? ''}`);
}
