import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { discoveryDocument } from './api/discovery.ts';
import { serveObjects } from './api/objects-handler.ts';
import { decodeReview } from './api/protobuf.ts';
import { attributesOf, readRequest, type RequestInfo } from './api/request.ts';
import { refuseUpgrade, sendError, sendJson } from './api/send.ts';
import { badRequest, forbidden, methodNotAllowed, noSuchPath } from './api/status.ts';
import { authenticate } from './auth/authenticate.ts';
import { isAllowed } from './auth/authorize.ts';
import { answerReview } from './auth/reviews.ts';
import type { Identity } from './auth/users.ts';
import type { Certificates } from './certificates.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Fields } from './cluster/objects.ts';
import type { Containers } from './exec/containers.ts';
import { servePodLog } from './exec/pod-log.ts';
import { serveStream } from './exec/stream.ts';

export interface ApiServer {
  readonly url: string;
  /** Ends every connection. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly cluster: Cluster;
  readonly containers: Containers;
  readonly certificates: Certificates;
  /** 0: any that is free. */
  readonly port: number;
}

const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0+sandbox',
  platform: `${process.platform}/${process.arch}`,
};
const largestBody = 1 << 20;

/** Serves the API on 127.0.0.1. Rejects with the system's error when the port is taken. */
export async function startServer(options: ServerOptions): Promise<ApiServer> {
  const { certificates, port } = options;
  // The words of a command come in the request line; the apiserver takes 1 MiB of headers, as any server of Go.
  const http = createHttpServer({ keepAliveTimeout: 60_000, maxHeaderSize: 1 << 20 });
  http.on('request', (request, response) => {
    serveRequest(options, request, response).catch((error: unknown) => sendError(response, error));
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    serveUpgrade(options, request, socket, head).catch((error: unknown) => refuseUpgrade(socket, error));
  });
  // A TLS server in front of the HTTP server: bun's own HTTPS server does not show the client's certificate.
  const sockets = new Set<TLSSocket>();
  const tls = createTlsServer(
    {
      key: certificates.server.key,
      cert: certificates.server.certificate,
      ca: certificates.ca,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    },
    (socket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
      http.emit('connection', socket);
    },
  );
  tls.listen(port, '127.0.0.1');
  await once(tls, 'listening');
  return {
    url: `https://127.0.0.1:${(tls.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(tls, 'close');
      tls.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function serveRequest(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const info = readRequest(request.method ?? 'GET', request.url ?? '/');
  const identity = admit(options, info, request);
  if (info.target === undefined) {
    servePath(info, response);
    return;
  }
  const { plural, subresource, name, group } = info.target;
  if (['authentication.k8s.io', 'authorization.k8s.io'].includes(group)) {
    if (info.method !== 'POST') throw methodNotAllowed();
    const answer = answerReview(plural, await readBody(request), identity, options.cluster.users);
    if (answer === undefined) throw noSuchPath();
    sendJson(response, 201, answer);
    return;
  }
  if (plural === 'pods' && name !== undefined && subresource === 'log') servePodLog(options, info, response);
  else if (isStream(info)) throw badRequest('Upgrade request required');
  else serveObjects(options.cluster, info, request, response);
}

async function serveUpgrade(
  options: ServerOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const info = readRequest(request.method ?? 'GET', request.url ?? '/');
  const identity = admit(options, info, request);
  if (!isStream(info)) throw noSuchPath();
  // As servers since 1.35 do: a WebSocket is a GET, and what it does is to create.
  const wanted = { ...attributesOf(info), verb: 'create' };
  if (!isAllowed(identity, options.cluster.users, wanted)) throw forbidden(identity, wanted);
  await serveStream(options, info, request, socket, head);
}

function admit({ cluster }: ServerOptions, info: RequestInfo, request: IncomingMessage): Identity {
  const identity = authenticate(request, cluster.users);
  const wanted = attributesOf(info);
  if (!isAllowed(identity, cluster.users, wanted)) throw forbidden(identity, wanted);
  return identity;
}

function isStream({ target }: RequestInfo): boolean {
  return target?.plural === 'pods' && ['exec', 'attach'].includes(target.subresource ?? '');
}

function servePath({ path, method }: RequestInfo, response: ServerResponse): void {
  if (method !== 'GET') throw methodNotAllowed();
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end('ok');
    return;
  }
  const document = path === '/version' ? version : discoveryDocument(path);
  if (document === undefined) throw noSuchPath();
  sendJson(response, 200, document);
}

async function readBody(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > largestBody) throw badRequest('the body is too large');
  }
  const body = Buffer.concat(chunks);
  try {
    return decodeReview(body) ?? (JSON.parse(body.toString('utf8')) as Fields);
  } catch {
    throw badRequest('the body is not JSON');
  }
}
