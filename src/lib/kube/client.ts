import { X509Certificate } from 'node:crypto';
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { KxError } from '../errors/index.ts';
import type { ApiClient, RequestOptions } from './api-client.ts';
import type { Connection } from './connection.ts';
import { createAgent } from './dial.ts';
import { exchange, readBody, staleSocket, type Answer, type Call } from './exchange.ts';
import { toCancellation } from './failures.ts';
import { spdy, spdyHandshake, websocketHandshake } from './handshake.ts';
import type { Identity, IdentitySource, Surroundings } from './identity.ts';
import { explainRefusal } from './refusal.ts';
import type { Way } from './way.ts';

/** What a client is made of. */
export interface ClientParts {
  readonly connection: Connection;
  readonly way: Way;
  readonly identities: IdentitySource;
  readonly impersonation: Readonly<Record<string, string | string[]>>;
  readonly timeoutMs: number;
  readonly around: Surroundings;
}

interface Outgoing {
  readonly method: Call['method'];
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A GET that the server puts off (429, or 5xx with Retry-After) is sent again this often, as client-go does. */
const postponements = 5;
const longestDelaySeconds = 30;

/** Makes the one implementation of ApiClient. */
export function createClient(parts: ClientParts): ApiClient {
  const { connection, way } = parts;
  const prefix = way.url.pathname === '/' ? '' : way.url.pathname;
  let known: { identity: Identity; agent: Agent } | undefined;

  /** One agent per certificate: a socket belongs to the user that its handshake named. */
  function agentOf(identity: Identity): Agent {
    if (known?.identity.certificate !== identity.certificate || known?.identity.key !== identity.key) {
      closeIdle(known?.agent);
      known = undefined;
    }
    known = { identity, agent: known?.agent ?? createAgent(way, identity) };
    return known.agent;
  }

  async function callAs(identity: Identity, outgoing: Outgoing, options: RequestOptions): Promise<[Call, Answer]> {
    const query = options.query?.toString() ?? '';
    const call: Call = {
      method: outgoing.method,
      url: way.url,
      path: `${prefix}${outgoing.path}${query === '' ? '' : `?${query}`}`,
      headers: {
        'User-Agent': 'kubectl-kx',
        Accept: 'application/json, */*',
        ...(identity.authorization === undefined ? {} : { Authorization: identity.authorization }),
        ...parts.impersonation,
        ...outgoing.headers,
        ...options.headers,
      },
      body: outgoing.body,
      agent: agentOf(identity),
      signal: options.signal,
      timeoutMs: parts.timeoutMs,
      log: parts.around.log,
    };
    const answer = await exchange(call).catch((error: unknown) => {
      const isStale = error instanceof KxError && error.ran === 'no' && error.details['reason'] === staleSocket;
      if (isStale && call.method === 'GET') return exchange(call);
      throw withExpiry(error, identity);
    });
    return [call, answer];
  }

  async function send(outgoing: Outgoing, options: RequestOptions): Promise<[Call, Answer]> {
    let identity = await parts.identities.current(options.signal);
    for (let renewed = false, postponed = 0; ;) {
      const [call, answer] = await callAs(identity, outgoing, options);
      if (answer.status < 300) return [call, answer];
      const body = await readBody(call, answer.response);
      const delay = outgoing.method === 'GET' && postponed < postponements ? retryDelay(answer) : undefined;
      if (answer.status === 401 && !renewed && (await parts.identities.renew(identity, options.signal))) {
        renewed = true;
        identity = await parts.identities.current(options.signal);
      } else if (delay !== undefined) {
        postponed += 1;
        parts.around.log(1, `the server asks to come back in ${delay / 1000} s: ${answer.status} for ${outgoing.path}`);
        await sleep(delay, undefined, options.signal && { signal: options.signal }).catch(() => {
          throw toCancellation(options.signal);
        });
      } else {
        throw withExpiry(explainRefusal(call, answer.response, body), identity);
      }
    }
  }

  async function receive<T>(outgoing: Outgoing, options: RequestOptions): Promise<T> {
    const [call, { response }] = await send(outgoing, options);
    const text = await readBody(call, response);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new KxError(
        'KX_PROTOCOL',
        `the server ${way.url.host} answered ${call.path} with something that is not JSON`,
        {
          hint: 'does the server address lead to a Kubernetes API?',
          cause,
        },
      );
    }
  }

  return {
    server: `${way.url.origin}${prefix}`,
    context: connection.context,
    namespace: connection.namespace,
    get: (path, options = {}) => receive({ method: 'GET', path }, options),
    post: (path, body, options = {}) => receive(withBody('POST', path, body, 'application/json'), options),
    patch: (path, body, options = {}) =>
      receive(withBody('PATCH', path, body, 'application/strategic-merge-patch+json'), options),
    delete: (path, body, options = {}) => receive(withBody('DELETE', path, body, 'application/json'), options),
    async stream(path, options = {}) {
      const [, { response }] = await send({ method: 'GET', path }, options);
      const { signal } = options;
      const abort = () => response.destroy(toCancellation(signal));
      signal?.addEventListener('abort', abort);
      return response.once('close', () => signal?.removeEventListener('abort', abort));
    },
    async upgrade(path, protocols, options = {}) {
      const handshake = options.protocol === spdy ? spdyHandshake(protocols) : websocketHandshake(protocols);
      const { method, headers } = handshake;
      const [call, { response, upgraded }] = await send({ method, path, headers }, options);
      if (upgraded === undefined) throw explainRefusal(call, response, await readBody(call, response));
      if (!handshake.isAnswer(response.headers)) {
        upgraded.socket.destroy();
        const wanted = options.protocol ?? 'a WebSocket';
        throw new KxError('KX_PROTOCOL', `the server ${way.url.host} upgraded to something that is not ${wanted}`, {
          ran: 'maybe',
        });
      }
      return { ...upgraded, subprotocol: handshake.subprotocolOf(response.headers) };
    },
    async probe(timeoutMs) {
      const agent = createAgent(way, known?.identity ?? {});
      const signal = AbortSignal.timeout(timeoutMs);
      const headers = { 'User-Agent': 'kubectl-kx' };
      const path = `${prefix}/livez`;
      try {
        const call: Call = {
          method: 'GET',
          url: way.url,
          path,
          headers,
          agent,
          signal,
          timeoutMs: 0,
          log: parts.around.log,
        };
        (await exchange(call)).response.destroy();
        return true;
      } catch {
        return false;
      } finally {
        agent.destroy();
      }
    },
  };
}

function withBody(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown, type: string): Outgoing {
  const text = JSON.stringify(body);
  // Node gives the body of a DELETE no length, and so no end.
  const headers = { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(text)) };
  return { method, path, body: text, headers };
}

/** Requests that are still on their way as the former user may end. */
function closeIdle(agent: Agent | undefined): void {
  for (const sockets of Object.values(agent?.freeSockets ?? {})) sockets?.forEach((socket) => socket.destroy());
}

/** Milliseconds to wait before the same request again; undefined: the server did not ask for that. */
function retryDelay({ status, response }: Answer): number | undefined {
  const seconds = Number(response.headers['retry-after']);
  if ((status !== 429 && status < 500) || !Number.isInteger(seconds) || seconds < 0) return undefined;
  return Math.min(seconds, longestDelaySeconds) * 1000;
}

/** A server says little of a user it does not know, or cuts the connection; the usual reason can be read here. */
function withExpiry(error: unknown, { certificate }: Identity): unknown {
  if (!(error instanceof KxError) || certificate === undefined) return error;
  const isSuspect = error.code === 'KX_UNAUTHENTICATED' || /^(ECONNRESET|ERR_SSL_)/.test(error.details['reason'] ?? '');
  const until = isSuspect ? new Date(new X509Certificate(certificate).validTo) : undefined;
  if (until === undefined || until.getTime() > Date.now()) return error;
  const { code, message, ran, details, cause } = error;
  const hint = `the client certificate expired on ${until.toISOString()}: get a new one for this user`;
  return new KxError(code, message, { ran, details, cause, hint });
}
