import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { endAfterwards } from './ending.ts';

/** A TCP proxy on 127.0.0.1 that a test can break in the middle of a stream. */
export interface TcpProxy {
  readonly port: number;
  /** Ends every connection now, without a word; new ones are served. */
  cut(): void;
  /** Does that when so many bytes more have passed in both directions together; then again after as many as `next` says, if any. */
  cutAfter(bytes: number, next?: () => number | undefined): void;
  /** Freezes then. */
  freezeAfter(bytes: number): void;
  /** Bytes that have passed in both directions. */
  readonly carried: number;
  /** Carries nothing more in either direction, and keeps the connections open. */
  freeze(): void;
  thaw(): void;
  /** Carries nothing more from the server to who is connected now, without a word, not even an end; new connections are served. */
  mute(): void;
  /** Carries no more than so many bytes per second in each direction, over all connections. */
  slow(bytesPerSecond: number): void;
  /** Ends it before the test is over. */
  close(): void;
}

/** Puts a proxy in front of a server, at any port that is free, until the test is over. TLS passes through it unchanged. */
export async function startTcpProxy(server: { host: string; port: number }, port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const outsides = new Set<Socket>();
  const muted = new WeakSet<Socket>();
  let frozen = false;
  let left = Infinity;
  let carried = 0;
  let then = (): void => {};
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const cutAfter: TcpProxy['cutAfter'] = (bytes, next = () => undefined) => {
    left = bytes;
    then = () => {
      cut();
      const more = next();
      if (more !== undefined) cutAfter(more, next);
    };
  };
  const freeze = (): void => {
    frozen = true;
    for (const socket of sockets) socket.pause();
  };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    if (frozen) socket.pause();
  };
  let rate = Infinity;
  const [up, down] = [{ freeAt: 0 }, { freeAt: 0 }];
  const listener = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ ...server, allowHalfOpen: true });
    outsides.add(outside);
    outside.once('close', () => outsides.delete(outside));
    for (const [from, to, direction] of [
      [inside, outside, up],
      [outside, inside, down],
    ] as const) {
      let waits = false;
      const goOn = (): void => {
        waits = false;
        if (!frozen && !to.writableNeedDrain) from.resume();
      };
      keep(from);
      from.on('data', (chunk: Buffer) => {
        if (muted.has(from)) return;
        const passing = chunk.subarray(0, left);
        if (!to.write(passing)) from.pause();
        left -= passing.length;
        carried += passing.length;
        if (rate < Infinity) {
          const now = performance.now();
          direction.freeAt = Math.max(direction.freeAt, now) + (passing.length / rate) * 1000;
          waits = true;
          from.pause();
          setTimeout(goOn, direction.freeAt - now);
        }
        if (left > 0) return;
        left = Infinity;
        then();
      });
      to.on('drain', () => {
        if (!frozen && !waits) from.resume();
      });
      from.on('end', () => muted.has(from) || to.end());
      from.on('close', () => muted.has(from) || to.destroy());
    }
  });
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  };
  endAfterwards(close);
  return {
    port: (listener.address() as AddressInfo).port,
    cut,
    cutAfter,
    freezeAfter: (bytes) => {
      [left, then] = [bytes, freeze];
    },
    get carried() {
      return carried;
    },
    freeze,
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    mute: () => {
      for (const socket of outsides) muted.add(socket);
    },
    slow: (bytesPerSecond) => {
      rate = bytesPerSecond;
    },
    close,
  };
}
