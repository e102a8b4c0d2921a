import type { FrameLink } from './frame-link.ts';
import { SocketLink, type SocketLinkOptions, type Wire, type WireHandlers } from './socket-link.ts';
import { broken, createSpdyDecoder, encodeControl, encodeData, fin, frameTypes } from './spdy-codec.ts';
import { createHeaderDecoder, createHeaderEncoder } from './spdy-headers.ts';
import { channelsOf, streamTypes, takePing, type Streams } from './spdy-streams.ts';
import { channels, spdy } from './subprotocol.ts';

/** The server end of a SPDY connection. What is sent before the client has opened its streams waits for that. */
export function spdyServerLink(options: SocketLinkOptions & { readonly streams: Streams }): FrameLink {
  return new SocketLink(serverWire(new Set(channelsOf(options.streams))), options);
}

const none = Buffer.alloc(0);

function serverWire(awaited: Set<number>): Wire {
  const idOf = new Map<number, number>();
  const dataOf = (channel: number, bytes: Uint8Array, flags?: number): Buffer => {
    const id = idOf.get(channel);
    return id === undefined ? none : encodeData(id, bytes, flags);
  };
  return {
    subprotocol: spdy,
    opening: none,
    decoder: (handlers) => decode(awaited, idOf, handlers),
    frame: (channel, bytes) => dataOf(channel, bytes),
    // Servers have the even numbers.
    ping: (number) => encodeControl(frameTypes.ping, [2 * number]),
    pong: (payload) => encodeControl(frameTypes.ping, [], payload),
    close: () => {
      const outputs = [channels.stdout, channels.stderr, channels.error];
      return Buffer.concat([
        ...outputs.map((channel) => dataOf(channel, none, fin)),
        encodeControl(frameTypes.goAway, [0, 0]),
      ]);
    },
  };
}

function decode(awaited: Set<number>, idOf: Map<number, number>, handlers: WireHandlers): (chunk: Buffer) => void {
  const decodeHeaders = createHeaderDecoder();
  const encodeHeaders = createHeaderEncoder();
  const channelOf = new Map<number, number>();
  let size = '';
  const onStream = (id: number, block: Buffer): void => {
    const type = decodeHeaders(block).get('streamtype');
    const channel = [...awaited].find((each) => streamTypes[each] === type);
    if (channel === undefined) throw broken(`a stream ${type ?? 'without a type'} that nobody awaits`);
    awaited.delete(channel);
    idOf.set(channel, id);
    channelOf.set(id, channel);
    handlers.onReply(encodeControl(frameTypes.synReply, [id], encodeHeaders({})));
    if (awaited.size === 0) handlers.onOpen();
  };
  return createSpdyDecoder({
    onData(stream, bytes, last) {
      const channel = channelOf.get(stream);
      if (channel === channels.stdin) {
        if (bytes.length > 0) handlers.onFrame(channel, bytes);
        if (last) handlers.onFrame(channels.close, Buffer.from([channel]));
      } else if (channel === channels.resize) {
        // Sizes are objects one behind the other, which nothing separates.
        const sizes = (size + bytes.toString('latin1')).split(/(?<=\})/);
        size = sizes.at(-1)?.endsWith('}') === true ? '' : (sizes.pop() ?? '').slice(0, 1000);
        for (const each of sizes) handlers.onFrame(channel, Buffer.from(each));
      }
    },
    onControl(type, _flags, payload) {
      if (type === frameTypes.ping) takePing(payload, 0, handlers);
      else if (type === frameTypes.synStream) onStream(payload.readUInt32BE(0) & 0x7fffffff, payload.subarray(10));
      else if (type === frameTypes.goAway) handlers.onClose(1000, '');
    },
  });
}
