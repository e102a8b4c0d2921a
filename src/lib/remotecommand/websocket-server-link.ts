import type { WebSocket } from 'ws';
import type { FrameLink, LinkHandlers } from './frame-link.ts';
import type { Subprotocol } from './subprotocol.ts';

const highWater = 1 << 20;

/** The server end of a WebSocket that `ws` has accepted. `ws.protocol` must be one that kx speaks. */
export function websocketServerLink(ws: WebSocket): FrameLink {
  let wantsDrain = false;
  let handlers: LinkHandlers | undefined;
  let failure = '';
  ws.on('error', (error) => (failure = error.message));

  return {
    subprotocol: ws.protocol as Subprotocol,
    get backlog() {
      return ws.bufferedAmount;
    },
    listen(given) {
      handlers = given;
      ws.on('message', (data: Buffer) => {
        if (data.length > 1) given.onFrame(data.readUInt8(0), data.subarray(1));
      });
      ws.on('close', (code, reason) =>
        given.onEnd({ clean: code === 1000 || code === 1005, code, reason: failure || reason.toString('utf8') }),
      );
    },
    send(channel, bytes) {
      if (ws.readyState !== ws.OPEN) return true;
      ws.send(Buffer.concat([Buffer.from([channel]), bytes]), { binary: true }, () => {
        if (!wantsDrain || ws.bufferedAmount >= highWater / 2) return;
        wantsDrain = false;
        handlers?.onDrain();
      });
      if (ws.bufferedAmount < highWater) return true;
      wantsDrain = true;
      return false;
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    // `ws` sends what is queued before its close frame and gives the peer 30 s for its own.
    close: () => {
      ws.resume();
      ws.close(1000);
    },
    abort: () => ws.terminate(),
  };
}
