import { collectMessage } from './collect-message.ts';
import type { FrameLink } from './frame-link.ts';
import { SocketLink, type SocketLinkOptions, type Wire, type WireHandlers } from './socket-link.ts';
import { broken, canceled, createSpdyDecoder, encodeControl, encodeData, fin, frameTypes } from './spdy-codec.ts';
import { createHeaderEncoder } from './spdy-headers.ts';
import { channelsOf, streamTypes, takePing, type Streams } from './spdy-streams.ts';
import { channels, spdy } from './subprotocol.ts';

/**
 * The client end of a SPDY connection (docs/adr/0023). A stream that the server ends, or has no more use for, is over; the
 * link is over with the last that the server sends on.
 */
export function spdyClientLink(options: SocketLinkOptions & { readonly streams: Streams }): FrameLink {
  return new SocketLink(clientWire(channelsOf(options.streams)), options);
}

const none = Buffer.alloc(0);

function clientWire(order: readonly number[]): Wire {
  // Clients have the odd numbers.
  const idOf = (channel: number): number => 2 * order.indexOf(channel) + 1;
  return {
    subprotocol: spdy,
    opening: openStreams(order.map((channel) => [idOf(channel), streamTypes[channel] ?? ''])),
    decoder: (handlers) => decode(order, handlers),
    frame: (channel, bytes) =>
      channel === channels.close ? encodeData(idOf(bytes[0] ?? 0), none, fin) : encodeData(idOf(channel), bytes),
    ping: (number) => encodeControl(frameTypes.ping, [2 * number + 1]),
    pong: (payload) => encodeControl(frameTypes.ping, [], payload),
    close: () => encodeControl(frameTypes.goAway, [0, 0]),
  };
}

function openStreams(streams: readonly (readonly [id: number, type: string])[]): Buffer {
  const encodeHeaders = createHeaderEncoder();
  const noPriority = Buffer.alloc(2);
  const frames = streams.map(([id, streamtype]) =>
    encodeControl(frameTypes.synStream, [id, 0], Buffer.concat([noPriority, encodeHeaders({ streamtype })])),
  );
  return Buffer.concat(frames);
}

function decode(order: readonly number[], handlers: WireHandlers): (chunk: Buffer) => void {
  const channelOf = (stream: number): number => {
    const channel = stream % 2 === 1 ? order[(stream - 1) / 2] : undefined;
    if (channel === undefined) throw broken(`a frame of stream ${stream}, which is none`);
    return channel;
  };
  const unanswered = new Set(order);
  const sending = new Set(order.filter((channel) => channel !== channels.stdin && channel !== channels.resize));
  const status = collectMessage(() => broken('a message of over 1 MiB'));
  const tellStatus = (): void => {
    const message = status.take();
    if (message.length > 0) handlers.onFrame(channels.error, message);
  };
  const finish = (channel: number): void => {
    if (!sending.delete(channel)) return;
    if (channel === channels.error) tellStatus();
    if (sending.size === 0) handlers.onClose(1000, '');
  };
  const onReply = (channel: number, flags: number): void => {
    if (unanswered.delete(channel) && unanswered.size === 0) handlers.onOpen();
    if ((flags & fin) !== 0) finish(channel);
  };
  const onReset = (channel: number, reason: number): void => {
    if (unanswered.has(channel) || reason !== canceled) {
      throw broken(`the stream ${streamTypes[channel] ?? ''} was reset with status ${reason}`);
    }
    finish(channel);
  };
  return createSpdyDecoder({
    onData(stream, bytes, last) {
      const channel = channelOf(stream);
      if (channel === channels.error) status.add(bytes);
      else if (bytes.length > 0 && sending.has(channel)) handlers.onFrame(channel, bytes);
      if (last) finish(channel);
    },
    onControl(type, flags, payload) {
      if (type === frameTypes.ping) takePing(payload, 1, handlers);
      else if (type === frameTypes.synReply) onReply(channelOf(streamOf(payload)), flags);
      else if (type === frameTypes.rstStream) onReset(channelOf(streamOf(payload)), payload.readUInt32BE(4));
      else if (type === frameTypes.synStream) throw broken('a stream that the server opens');
      else if (type === frameTypes.goAway) {
        tellStatus();
        handlers.onClose(1000, '');
      }
    },
  });
}

function streamOf(payload: Buffer): number {
  return payload.readUInt32BE(0) & 0x7fffffff;
}
