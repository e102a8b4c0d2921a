import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate, TLSSocket } from 'node:tls';

import { endAfterwards } from '../../../support/ending.ts';
import type { Pair } from './authority.ts';

/** One request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: string;
  /** The common name of the client certificate, where there was one. */
  readonly client: string | undefined;
  readonly tlsName: string | false | null | undefined;
  readonly resumed: boolean;
  readonly remotePort: number | undefined;
}

/** A real HTTP(S) server on 127.0.0.1 that remembers what it was asked, until the test is over. */
export interface Api {
  readonly url: string;
  readonly port: number;
  readonly seen: readonly Seen[];
  /** Ends it before the test is over. */
  close(): void;
}

export interface ApiOptions {
  /** Absent: plain http. */
  readonly tls?: Pair & { readonly ca: string };
  /** The default answers everything with {"kind":"Answer"}. */
  readonly answer?: (request: Seen, response: ServerResponse) => void;
  /** The default accepts the first offered subprotocol and echoes. */
  readonly upgrade?: (request: Seen, socket: Duplex, accept: string) => void;
}

export async function startApi({ tls, answer = answerAll, upgrade = acceptAndEcho }: ApiOptions = {}): Promise<Api> {
  const seen: Seen[] = [];
  const sockets = new Set<Duplex>();
  const server: Server =
    tls === undefined
      ? createHttpServer()
      : createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: false });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const one = describe(request, body);
      seen.push(one);
      answer(one, response);
    });
  });
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    const one = describe(request, '');
    seen.push(one);
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    upgrade(one, socket, accept);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  endAfterwards(close);
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    close,
  };
}

/** Answers with a metav1.Status, as an apiserver refuses. */
export function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(statusBody(code, reason, message));
}

/** Refuses an upgrade over the bare socket. */
export function refuseUpgrade(socket: Duplex, head: string, body: string): void {
  socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

export function statusBody(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}

export function switchProtocols(accept: string, subprotocol: string | undefined): string {
  const chosen = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`;
}

function describe(request: IncomingMessage, body: string): Seen {
  const socket = request.socket as Partial<TLSSocket>;
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headersDistinct,
    body,
    client: [(socket.getPeerCertificate?.() as Partial<PeerCertificate> | undefined)?.subject?.CN].flat()[0],
    tlsName: (socket as { servername?: string | false | null }).servername,
    resumed: socket.isSessionReused?.() ?? false,
    remotePort: socket.remotePort,
  };
}

function answerAll(_request: Seen, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"kind":"Answer"}');
}

function acceptAndEcho(request: Seen, socket: Duplex, accept: string): void {
  const offered = request.headers['sec-websocket-protocol']?.[0]?.split(', ')[0];
  socket.write(`${switchProtocols(accept, offered)}early`);
  socket.pipe(socket);
}
