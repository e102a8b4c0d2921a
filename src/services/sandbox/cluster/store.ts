import { timestamp, type KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubeObject;
  /** What it was before; undefined for ADDED. */
  readonly previous: KubeObject | undefined;
  readonly version: number;
}

/** The objects of the cluster, and what happened to them. Objects are never changed in place. */
export interface Store {
  /** The resourceVersion of the last change. */
  readonly version: number;
  /** Sorted by namespace and name. */
  list(resource: Resource, namespace?: string): readonly KubeObject[];
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Adds or replaces, with a new resourceVersion. Gives what was stored. */
  put<T extends KubeObject>(resource: Resource, object: T): T;
  delete(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Changes after `version`; undefined when they are no longer known. */
  changesAfter(version: number): readonly Change[] | undefined;
  /** Calls back for each change from now on; the result ends that. */
  listen(listener: (change: Change) => void): () => void;
}

const remembered = 1000;

/** An empty store. */
export function createStore(): Store {
  const tables = new Map<Resource, Map<string, KubeObject>>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let version = 1;

  const tableOf = (resource: Resource): Map<string, KubeObject> => {
    const table = tables.get(resource) ?? new Map<string, KubeObject>();
    tables.set(resource, table);
    return table;
  };
  const record = (change: Change): void => {
    history.push(change);
    if (history.length > 2 * remembered) history = history.slice(-remembered);
    for (const listener of listeners) listener(change);
  };

  return {
    get version() {
      return version;
    },
    list: (resource, namespace) =>
      [...tableOf(resource).entries()]
        .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, object]) => object),
    get: (resource, namespace, name) => tableOf(resource).get(keyOf(namespace, name)),
    put(resource, object) {
      version++;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = tableOf(resource).get(key);
      tableOf(resource).set(key, stored);
      record({ type: previous === undefined ? 'ADDED' : 'MODIFIED', resource, object: stored, previous, version });
      return stored;
    },
    delete(resource, namespace, name) {
      const key = keyOf(namespace, name);
      const previous = tableOf(resource).get(key);
      if (previous === undefined) return undefined;
      version++;
      tableOf(resource).delete(key);
      const times = { resourceVersion: String(version), deletionTimestamp: timestamp() };
      const object = { ...previous, metadata: { ...previous.metadata, ...times } };
      record({ type: 'DELETED', resource, object, previous, version });
      return object;
    },
    changesAfter(after) {
      const first = history[0]?.version ?? version + 1;
      return after < first - 1 ? undefined : history.filter((change) => change.version > after);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
