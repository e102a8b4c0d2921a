import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { KxError, type Ran } from '../errors/index.ts';
import { explainDialFailure, isTlsAlert, toCancellation } from './failures.ts';
import { logAnswer, logBody, logRequest } from './request-log.ts';

/** One HTTP request on its way, with everything that is sent. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The server without its path prefix, which `path` has. */
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | undefined;
  readonly agent: Agent;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to the head of the answer; 0: no limit. */
  readonly timeoutMs: number;
  readonly log: (level: number, line: string) => void;
}

/** The head of an answer; `upgraded` is set after a 101. */
export interface Answer {
  readonly response: IncomingMessage;
  readonly status: number;
  readonly upgraded?: { readonly socket: Duplex; readonly head: Buffer };
}

/** A socket that was kept alive and that the server had closed in the meantime: nothing was received on it. */
export const staleSocket = 'stale socket';

/** Sends one request. Rejects with a KxError; a lost upgrade may have run, everything else has not. */
export function exchange(call: Call): Promise<Answer> {
  const { agent, method, path, headers, signal, timeoutMs, url } = call;
  const begin = performance.now();
  logRequest(call);
  return new Promise((resolve, reject) => {
    const dialing = new AbortController();
    const request = httpRequest({
      agent,
      method,
      path,
      headers: { Host: url.host, ...headers },
      host: url.hostname,
      port: url.port || (url.protocol === 'https:' ? 443 : 80),
      ...{ dialSignal: dialing.signal },
    });
    let sent = false;
    let stopped: KxError | undefined;
    const stop = (makeError: (ran: Ran) => KxError) => {
      stopped ??= makeError(sent && mayStart(call) ? 'maybe' : 'no');
      dialing.abort(stopped);
      request.destroy(stopped);
    };
    const timer = timeoutMs > 0 ? setTimeout(() => stop((ran) => timedOut(call, ran)), timeoutMs) : undefined;
    const abort = () => stop((ran) => toCancellation(signal, ran));
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const settle = (answer: Answer) => {
      release();
      logAnswer(call, answer.response, performance.now() - begin);
      resolve(answer);
    };
    signal?.addEventListener('abort', abort);
    request.on('socket', () => (sent = true));
    request.on('response', (response) => {
      // A server may close the connection of an upgrade that it refuses, right under the request that comes next.
      const { socket } = response;
      if (isUpgrade(call)) response.once('end', () => socket.destroy());
      settle({ response, status: response.statusCode ?? 0 });
    });
    request.on('upgrade', (response, socket, head) => settle({ response, status: 101, upgraded: { socket, head } }));
    request.on('error', (error) => {
      release();
      reject(stopped ?? explainLoss(error, call, request.reusedSocket));
    });
    if (signal?.aborted === true) abort();
    else request.end(call.body);
  });
}

/** Whether a request asks for another protocol: what it is refused means something else. */
export function isUpgrade({ headers }: Pick<Call, 'headers'>): boolean {
  return headers['Upgrade'] !== undefined;
}

/** Whether a request that was lost may have started a command: SPDY starts none before its streams are opened. */
function mayStart({ headers }: Pick<Call, 'headers'>): boolean {
  return headers['Upgrade'] === 'websocket';
}

/** The whole body as text, within the time of the request. */
export async function readBody(call: Call, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  const abort = () => response.destroy(toCancellation(call.signal));
  const timer =
    call.timeoutMs > 0 ? setTimeout(() => response.destroy(timedOut(call, 'no')), call.timeoutMs) : undefined;
  call.signal?.addEventListener('abort', abort);
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer);
  } catch (error) {
    throw explainLoss(error, call, false);
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', abort);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  logBody(call, text);
  return text;
}

function timedOut({ timeoutMs, url }: Call, ran: Ran): KxError {
  return new KxError('KX_UNREACHABLE', `the server ${url.host} did not answer within ${timeoutMs / 1000} s`, {
    ran,
    hint: 'give it longer by --request-timeout',
  });
}

function explainLoss(error: unknown, call: Call, reused: boolean): KxError {
  if (error instanceof KxError) return error;
  if (isTlsAlert(error)) return explainDialFailure(error, call);
  const { code = 'ECONNRESET' } = error as NodeJS.ErrnoException;
  const details = { reason: reused && code === 'ECONNRESET' ? staleSocket : code };
  if (!isUpgrade(call)) {
    const message = `the server ${call.url.host} cut the connection before its answer was complete`;
    return new KxError('KX_UNREACHABLE', message, { details, cause: error });
  }
  return new KxError(
    'KX_CONNECTION_LOST',
    `the server ${call.url.host} cut the connection before it answered the upgrade`,
    {
      ran: mayStart(call) ? 'maybe' : 'no',
      details,
      cause: error,
    },
  );
}
