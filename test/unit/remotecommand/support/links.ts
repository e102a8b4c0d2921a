import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  spdyClientLink,
  spdyServerLink,
  v5,
  websocketClientLink,
  type FrameLink,
  type LinkEnding,
  type LivenessOptions,
  type Streams,
  type WebSocketSubprotocol,
} from '../../../../src/lib/remotecommand/index.ts';

/** Everything that a link reported, in its order. */
export interface Recording {
  readonly frames: { channel: number; bytes: Buffer }[];
  /** 'frame', 'drain' and 'end', in the order they came. */
  readonly events: string[];
  readonly ended: Promise<LinkEnding>;
  /** All bytes of a channel so far. */
  readonly bytes: (channel: number) => Buffer;
  /** How many bytes of a channel came so far. */
  readonly count: (channel: number) => number;
  /** Resolves once `holds` does; it is asked after every event. */
  readonly until: (holds: () => boolean) => Promise<void>;
}

/** Listens to a link. `onFrame` runs at every frame, after it was recorded. */
export function record(link: FrameLink, onFrame: (channel: number, bytes: Buffer) => void = () => {}): Recording {
  const frames: Recording['frames'] = [];
  const events: string[] = [];
  const counts = new Map<number, number>();
  const { promise: ended, resolve } = Promise.withResolvers<LinkEnding>();
  let waiting: { holds: () => boolean; resolve: () => void }[] = [];
  const note = (event: string): void => {
    events.push(event);
    for (const each of waiting.filter(({ holds }) => holds())) each.resolve();
    waiting = waiting.filter(({ holds }) => !holds());
  };
  link.listen({
    onFrame: (channel, bytes) => {
      frames.push({ channel, bytes });
      counts.set(channel, (counts.get(channel) ?? 0) + bytes.length);
      note('frame');
      onFrame(channel, bytes);
    },
    onDrain: () => note('drain'),
    onEnd: (ending) => {
      resolve(ending);
      note('end');
    },
  });
  return {
    frames,
    events,
    ended,
    bytes: (channel) => Buffer.concat(frames.filter((each) => each.channel === channel).map((each) => each.bytes)),
    count: (channel) => counts.get(channel) ?? 0,
    until: (holds) =>
      new Promise((done) => {
        if (holds()) done();
        else waiting.push({ holds, resolve: done });
      }),
  };
}

/** A way to the server that always answers, asked seldom enough to stay out of a test's way. */
export const quietLiveness: LivenessOptions = { probe: () => Promise.resolve(true), tickMs: 60_000 };

export interface Upgraded {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly peer: WebSocket;
  /** The server's end of the TCP connection. */
  readonly peerSocket: Socket;
}

/** A WebSocket on 127.0.0.1 right after its upgrade: the client's bare socket, and the `ws` socket of the server. */
export async function upgrade(
  t: TestContext,
  options: { subprotocol?: WebSocketSubprotocol; autoPong?: boolean } = {},
): Promise<Upgraded> {
  const accept = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    ...(options.autoPong === undefined ? {} : { autoPong: options.autoPong }),
  });
  const server = http.createServer();
  const { promise: accepted, resolve } = Promise.withResolvers<{ peer: WebSocket; peerSocket: Socket }>();
  server.on('upgrade', (request, duplex, head) => {
    const peerSocket = duplex as Socket;
    accept.handleUpgrade(request, peerSocket, head, (peer) => {
      peer.on('error', () => {});
      resolve({ peer, peerSocket });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const request = http.request({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    agent: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': options.subprotocol ?? v5,
    },
  });
  request.end();
  const [, socket, head] = (await once(request, 'upgrade')) as [unknown, Socket, Buffer];
  const { peer, peerSocket } = await accepted;
  t.after(() => {
    socket.destroy();
    peerSocket.destroy();
    server.close();
  });
  return { socket, head, peer, peerSocket };
}

/** A client link and the `ws` socket of its server. */
export async function connectLink(
  t: TestContext,
  options: { subprotocol?: WebSocketSubprotocol; liveness?: LivenessOptions; autoPong?: boolean } = {},
): Promise<Upgraded & { link: FrameLink }> {
  const upgraded = await upgrade(t, options);
  const link = websocketClientLink({
    socket: upgraded.socket,
    head: upgraded.head,
    subprotocol: options.subprotocol ?? v5,
    liveness: options.liveness ?? quietLiveness,
  });
  return { ...upgraded, link };
}

/** Two sockets that are connected. */
async function connectSockets(t: TestContext): Promise<{ socket: Socket; peer: Socket }> {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [[Socket], unknown];
  peer.on('error', () => {});
  t.after(() => {
    socket.destroy();
    peer.destroy();
    server.close();
  });
  return { socket, peer };
}

interface RawOptions {
  readonly head?: Buffer;
  readonly liveness?: LivenessOptions;
}

/** A client link whose peer is a bare socket, for what no well-behaved server sends. */
export async function connectRawLink(
  t: TestContext,
  { head = Buffer.alloc(0), liveness = quietLiveness }: RawOptions = {},
): Promise<{ link: FrameLink; socket: Socket; peer: Socket }> {
  const { socket, peer } = await connectSockets(t);
  return { link: websocketClientLink({ socket, head, subprotocol: v5, liveness }), socket, peer };
}

/** The same over SPDY. */
export async function connectRawSpdyLink(
  t: TestContext,
  streams: Streams,
  { head = Buffer.alloc(0), liveness = quietLiveness }: RawOptions = {},
): Promise<{ link: FrameLink; socket: Socket; peer: Socket }> {
  const { socket, peer } = await connectSockets(t);
  return { link: spdyClientLink({ socket, head, streams, liveness }), socket, peer };
}

/** A server link of SPDY whose peer is a bare socket. */
export async function connectRawSpdyServer(
  t: TestContext,
  streams: Streams,
): Promise<{ server: FrameLink; peer: Socket }> {
  const { socket, peer } = await connectSockets(t);
  return { server: spdyServerLink({ socket, head: Buffer.alloc(0), streams, liveness: quietLiveness }), peer };
}

/** Both ends of a connection of SPDY; `awaited` is what the server expects. */
export async function connectSpdyLinks(
  t: TestContext,
  streams: Streams,
  awaited = streams,
): Promise<[FrameLink, FrameLink]> {
  const { socket, peer } = await connectSockets(t);
  const common = { head: Buffer.alloc(0), liveness: quietLiveness };
  return [
    spdyClientLink({ socket, streams, ...common }),
    spdyServerLink({ socket: peer, streams: awaited, ...common }),
  ];
}
