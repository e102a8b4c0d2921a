import { randomFillSync } from 'node:crypto';
import { createChannelDecoder } from './channel-codec.ts';
import { SocketLink, type SocketLinkOptions, type Wire } from './socket-link.ts';
import type { FrameLink } from './frame-link.ts';
import type { WebSocketSubprotocol } from './subprotocol.ts';
import { uint32 } from './uint32.ts';
import { createDecoder, encodeChannelFrame, encodeControlFrame, opcodes } from './websocket-codec.ts';

/**
 * The client end of a WebSocket. It exists beside `ws` because byte-wise masking and the assembly of messages there limit
 * throughput (docs/adr/0003).
 */
export function websocketClientLink(
  options: SocketLinkOptions & { readonly subprotocol: WebSocketSubprotocol },
): FrameLink {
  return new SocketLink(websocketWire(options.subprotocol), options);
}

function websocketWire(subprotocol: WebSocketSubprotocol): Wire {
  const control = (opcode: number, payload: Uint8Array): Buffer => encodeControlFrame(opcode, payload, randomMask());
  return {
    subprotocol,
    decoder: (handlers) =>
      createDecoder({
        onData: createChannelDecoder((channel, bytes) => handlers.onFrame(channel, bytes)),
        onPing: (payload) => handlers.onPing(payload),
        onPong: (payload) => {
          if (payload.length === 4) handlers.onPong(payload.readUInt32BE(0));
        },
        onClose: (code, reason) => handlers.onClose(code, reason),
      }),
    frame: (channel, bytes) => encodeChannelFrame(channel, bytes, randomMask()),
    ping: (number) => control(opcodes.ping, uint32(number)),
    pong: (payload) => control(opcodes.pong, payload),
    close: (code) => control(opcodes.close, uint32(code).subarray(2)),
  };
}

const randomPool = new Uint32Array(1024);
let randomNext = randomPool.length;

/** RFC 6455 section 5.3 wants masks that nobody can predict. */
function randomMask(): number {
  if (randomNext === randomPool.length) {
    randomFillSync(randomPool);
    randomNext = 0;
  }
  return randomPool[randomNext++] ?? 0;
}
