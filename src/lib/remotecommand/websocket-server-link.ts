import type { WebSocket } from 'ws';
import type { FrameLink, LinkEnding, LinkHandlers } from './frame-link.ts';
import type { WebSocketSubprotocol } from './subprotocol.ts';

const highWater = 1 << 20;

/**
 * The server end of a WebSocket that `ws` has accepted. `ws.protocol` must be one that kx speaks. To be made in the same
 * turn as the upgrade: it holds the client back until somebody listens, as `ws` drops messages that nobody takes.
 */
export function websocketServerLink(ws: WebSocket): FrameLink {
  let wantsDrain = false;
  let handlers: LinkHandlers | undefined;
  let failure = '';
  let paused = false;
  let ending: LinkEnding | undefined;
  ws.pause();
  ws.on('error', (error) => (failure ||= error.message));
  ws.on('close', (code, reason) => {
    ending = { clean: code === 1000 || code === 1005, code, reason: failure || reason.toString('utf8') };
    handlers?.onEnd(ending);
  });

  return {
    subprotocol: ws.protocol as WebSocketSubprotocol,
    get backlog() {
      return ws.bufferedAmount;
    },
    listen(given) {
      handlers = given;
      ws.on('message', (data: Buffer) => {
        if (ending === undefined && data.length > 1) given.onFrame(data.readUInt8(0), data.subarray(1));
      });
      if (ending !== undefined) given.onEnd(ending);
      else if (!paused) ws.resume();
    },
    send(channel, bytes) {
      if (ws.readyState !== ws.OPEN) return true;
      ws.send(Buffer.concat([Buffer.from([channel]), bytes]), { binary: true }, () => {
        if (!wantsDrain || ending !== undefined || ws.bufferedAmount >= highWater / 2) return;
        wantsDrain = false;
        handlers?.onDrain();
      });
      if (ws.bufferedAmount < highWater) return true;
      wantsDrain = true;
      return false;
    },
    pause: () => {
      paused = true;
      ws.pause();
    },
    resume: () => {
      paused = false;
      if (handlers !== undefined) ws.resume();
    },
    // `ws` sends what is queued before its close frame and gives the peer 30 s for its own.
    close: () => {
      paused = false;
      ws.resume();
      ws.close(1000);
    },
    abort: (reason) => {
      failure ||= reason;
      ws.terminate();
    },
  };
}
