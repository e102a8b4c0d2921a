import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';

import type { Pair } from './authority.ts';

/** A proxy on 127.0.0.1 that writes down what it was asked, and leads everything to one port of this machine. */
export interface LoggingProxy {
  readonly port: number;
  readonly asked: string[];
}

/** An HTTP proxy that knows CONNECT; with `tls` it is an https proxy, with `user` it wants "user:password". */
export async function startConnectProxy(
  t: TestContext,
  { to, tls, user }: { to: number; tls?: Pair; user?: string },
): Promise<LoggingProxy> {
  const asked: string[] = [];
  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  server.on('connect', (request, socket) => {
    const authorization = request.headers['proxy-authorization'];
    asked.push(`CONNECT ${request.url ?? ''}`);
    if (user !== undefined && authorization !== `Basic ${btoa(user)}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    join(socket, to);
  });
  return { port: await listen(t, server), asked };
}

/** A SOCKS5 proxy (RFC 1928); with `user` it wants "user:password" (RFC 1929). */
export async function startSocksProxy(
  t: TestContext,
  { to, user }: { to: number; user?: string },
): Promise<LoggingProxy> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    serveSocks(socket, to, user, asked).catch(() => socket.destroy());
  });
  return { port: await listen(t, server), asked };
}

async function serveSocks(socket: Socket, to: number, user: string | undefined, asked: string[]): Promise<void> {
  const next = async () => (await once(socket, 'data'))[0] as Buffer;
  const offered = [...(await next()).subarray(2)];
  const method = user === undefined ? 0 : 2;
  if (!offered.includes(method)) return void socket.end(Buffer.of(5, 0xff));
  socket.write(Buffer.of(5, method));
  if (user !== undefined) {
    const given = await next();
    const length = given[1] ?? 0;
    const isRight = `${given.subarray(2, 2 + length).toString()}:${given.subarray(3 + length).toString()}` === user;
    socket.write(Buffer.of(1, isRight ? 0 : 1));
    if (!isRight) return;
  }
  const request = await next();
  const isName = request[3] === 3;
  const host = isName ? request.subarray(5, -2).toString() : request.subarray(4, -2).join('.');
  asked.push(`${isName ? 'name' : 'address'} ${host}:${request.readUInt16BE(request.length - 2)}`);
  socket.write(Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 0));
  join(socket, to);
}

function join(socket: Duplex, port: number): void {
  const far = connect(port, '127.0.0.1');
  socket.pipe(far).pipe(socket);
  socket.on('error', () => far.destroy());
  far.on('error', () => socket.destroy());
}

async function listen(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}
