import type { ServerResponse } from 'node:http';
import type { Pod } from '../../../src/lib/target/pod-order.ts';
import { failure, list, startApiServer, type Answer, type ApiServer } from './api-server.ts';

/** One change that a watch tells of. */
interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Pod;
}

/** The pods of the namespace `shop`, changed by a test, with the faults that a watch can have. */
export interface WatchServer extends ApiServer {
  put(pod: Pod): void;
  remove(name: string): void;
  bookmark(): void;
  /** Ends every watch, or so many of them: as servers do, or by cutting its connection. */
  end(how: 'politely' | 'cut', count?: number): void;
  /** Forgets the past: a watch that goes on from before is refused (410). */
  forget(): void;
  /** Ends every watch with an ERROR event. */
  fail(code: number): void;
  /** Answers the next so many requests with this instead. */
  refuse(times: number, answer: object): void;
  /** How many watches are open. */
  readonly watches: number;
  /** How many watches there have been. */
  readonly opened: number;
}

export const podsPath = '/api/v1/namespaces/shop/pods';

/** Starts with these pods; `answers` are other objects. */
export async function startWatchServer(
  pods: readonly Pod[] = [],
  answers: Readonly<Record<string, Answer>> = {},
): Promise<WatchServer> {
  const store = new Map<string, Pod>();
  const watches = new Set<ServerResponse>();
  let changes: Change[] = [];
  let version = 10;
  let opened = 0;
  let refusals: { times: number; answer: object } = { times: 0, answer: {} };

  const write = (response: ServerResponse, type: string, object: object): boolean =>
    response.write(`${JSON.stringify({ type, object })}\n`);
  const record = (type: Change['type'], pod: Pod): Pod => {
    version++;
    const object = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
    changes.push({ version, type, object });
    for (const watch of watches) write(watch, type, object);
    return object;
  };
  const takeWatches = (count = Infinity): readonly ServerResponse[] => {
    const taken = [...watches].slice(0, count);
    for (const watch of taken) watches.delete(watch);
    return taken;
  };
  const answer: Answer = (request, response) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    response.setHeader('content-type', 'application/json');
    if (refusals.times > 0) {
      refusals.times--;
      const { code = 500 } = refusals.answer as { code?: number };
      response.writeHead(code).end(JSON.stringify(refusals.answer));
    } else if (query.get('watch') === 'true') {
      const since = Number(query.get('resourceVersion'));
      response.flushHeaders();
      opened++;
      if (since < (changes[0]?.version ?? version + 1) - 1) {
        write(response, 'ERROR', failure(410, 'Expired', `too old resource version: ${since} (${version})`));
        response.end();
        return;
      }
      for (const change of changes) if (change.version > since) write(response, change.type, change.object);
      watches.add(response.on('close', () => watches.delete(response)));
    } else {
      const items = [...store.values()].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
      response.end(JSON.stringify({ ...list(...items), metadata: { resourceVersion: String(version) } }));
    }
  };
  const put = (pod: Pod): void => {
    const name = pod.metadata?.name ?? '';
    store.set(name, record(store.has(name) ? 'MODIFIED' : 'ADDED', pod));
  };
  for (const pod of pods) put(pod);
  const server = await startApiServer({ [podsPath]: answer, ...answers });
  return {
    ...server,
    put,
    remove(name) {
      const pod = store.get(name);
      if (pod === undefined) return;
      store.delete(name);
      record('DELETED', { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T13:00:00Z' } });
    },
    bookmark() {
      version++;
      const metadata = { resourceVersion: String(version), creationTimestamp: null };
      for (const watch of watches) write(watch, 'BOOKMARK', { kind: 'Pod', metadata, spec: { containers: null } });
    },
    end(how, count) {
      for (const watch of takeWatches(count)) {
        if (how === 'cut') watch.socket?.resetAndDestroy();
        else watch.end();
      }
    },
    forget() {
      changes = [];
    },
    fail(code) {
      for (const watch of takeWatches()) {
        write(watch, 'ERROR', failure(code, 'Expired', 'too old'));
        watch.end();
      }
    },
    refuse(times, refusal) {
      refusals = { times, answer: refusal };
    },
    get watches() {
      return watches.size;
    },
    get opened() {
      return opened;
    },
  };
}
