import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { KxError } from '../../../src/lib/errors/index.ts';
import type { ApiClient, RequestOptions } from '../../../src/lib/kube/index.ts';

/** An answer: an object as JSON (a Status with `code` sets the HTTP status), or whatever a function writes. */
export type Answer = object | ((request: IncomingMessage, response: ServerResponse) => void);

export interface ApiServer {
  readonly api: ApiClient;
  /** The requests so far, path and decoded query. */
  readonly asked: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A small API server on 127.0.0.1 that knows only these paths, and a client of it. */
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
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    api,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
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

function clientOf(server: string): ApiClient {
  const open = async (path: string, { query, headers, signal }: RequestOptions = {}): Promise<Response> => {
    const url = `${server}${path}${query === undefined ? '' : `?${query.toString()}`}`;
    const response = await fetch(url, { headers: headers ?? {}, signal: signal ?? null });
    if (response.ok) return response;
    const { message, reason } = (await response.json()) as { message: string; reason: string };
    throw new KxError('KX_REMOTE', message, { details: { status: String(response.status), reason } });
  };
  const unused = () => Promise.reject(new Error('lib/target only reads'));
  return {
    server,
    context: undefined,
    namespace: 'default',
    get: async <T>(path: string, options?: RequestOptions) => (await (await open(path, options)).json()) as T,
    stream: async (path, options) => Readable.fromWeb((await open(path, options)).body as ReadableStream),
    post: unused,
    upgrade: unused,
    probe: unused,
  };
}
