import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { connect, type ApiClient } from '../../../src/lib/kube/index.ts';
import { endAfterwards } from '../../support/ending.ts';

/** An answer: an object as JSON (a Status with `code` sets the HTTP status), or whatever a function writes. */
export type Answer = object | ((request: IncomingMessage, response: ServerResponse) => void);

export interface ApiServer {
  readonly api: ApiClient;
  /** The requests so far, path and decoded query. */
  readonly asked: string[];
  /** Ends it before the test is over. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A small API server on 127.0.0.1 that knows only these paths, until the test is over, and a client of it. */
export async function startApiServer(answers: Readonly<Record<string, Answer>>): Promise<ApiServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    const query = url.search === '' ? '' : `?${decodeURIComponent(url.search.slice(1).replaceAll('+', ' '))}`;
    asked.push(url.pathname + query);
    const answer =
      answers[url.pathname] ?? failure(404, 'NotFound', 'the server could not find the requested resource');
    if (typeof answer === 'function') {
      answer(request, response);
      return;
    }
    response.statusCode = 'code' in answer ? Number(answer.code) : 200;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  server.listen(0, '127.0.0.1');
  endAfterwards(close);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const around = { env: { KUBECONFIG: devNull }, log: () => {} };
  const api = await connect({ server: `http://127.0.0.1:${port}` }, around);
  return {
    api,
    asked,
    [Symbol.asyncDispose]: close,
  };
}

/** A metav1.Status that refuses. */
export function failure(code: number, reason: string, message: string): object {
  return { kind: 'Status', status: 'Failure', code, reason, message };
}

export function notFound(plural: string, name: string): object {
  return failure(404, 'NotFound', `${plural} "${name}" not found`);
}

export const forbidden = failure(403, 'Forbidden', 'pods is forbidden: User "u" cannot do this');

export function list(...items: readonly object[]): object {
  return { kind: 'List', metadata: { resourceVersion: '7' }, items };
}
