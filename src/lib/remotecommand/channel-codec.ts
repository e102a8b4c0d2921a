import { KxError } from '../errors/index.ts';
import { channels } from './subprotocol.ts';

/** A Status or a terminal size is small; more is a broken peer. */
const maxControlMessage = 1 << 20;

/** Takes the pieces of messages; gives frames as LinkHandlers.onFrame describes them. */
export type ChannelDecoder = (piece: Buffer, first: boolean, last: boolean) => void;

/**
 * Splits messages into a channel and its bytes. Data channels are handed on piece by piece; the others are collected
 * until their message is whole. Throws KX_PROTOCOL for a control message over 1 MiB.
 */
export function createChannelDecoder(onFrame: (channel: number, bytes: Buffer) => void): ChannelDecoder {
  let channel: number | undefined;
  let collected: Buffer[] = [];
  let size = 0;

  return (piece, first, last) => {
    if (first) {
      channel = undefined;
      collected = [];
      size = 0;
    }
    let bytes = piece;
    if (channel === undefined) {
      if (piece.length === 0) return;
      channel = piece.readUInt8(0);
      bytes = piece.subarray(1);
    }
    if (isDataChannel(channel)) {
      if (bytes.length > 0) onFrame(channel, bytes);
      return;
    }
    size += bytes.length;
    if (size > maxControlMessage) {
      throw new KxError('KX_PROTOCOL', `a message of over 1 MiB on channel ${channel}`, { ran: 'maybe' });
    }
    // A peer may send pieces without bytes, and without end.
    if (bytes.length > 0) collected.push(bytes);
    if (last && size > 0) onFrame(channel, Buffer.concat(collected));
  };
}

function isDataChannel(channel: number): boolean {
  return channel === channels.stdin || channel === channels.stdout || channel === channels.stderr;
}
