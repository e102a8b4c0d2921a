import { KxError } from '../errors/index.ts';
import { collectMessage } from './collect-message.ts';
import { channels } from './subprotocol.ts';

/** Takes the pieces of messages; gives frames as LinkHandlers.onFrame describes them. */
export type ChannelDecoder = (piece: Buffer, first: boolean, last: boolean) => void;

/**
 * Splits messages into a channel and its bytes. Data channels are handed on piece by piece; the others are collected
 * until their message is whole. Throws KX_PROTOCOL for a control message over 1 MiB.
 */
export function createChannelDecoder(onFrame: (channel: number, bytes: Buffer) => void): ChannelDecoder {
  let channel: number | undefined;
  const message = collectMessage(
    () => new KxError('KX_PROTOCOL', `a message of over 1 MiB on channel ${channel ?? ''}`, { ran: 'maybe' }),
  );

  return (piece, first, last) => {
    if (first) {
      channel = undefined;
      message.take();
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
    message.add(bytes);
    if (!last) return;
    const whole = message.take();
    if (whole.length > 0) onFrame(channel, whole);
  };
}

function isDataChannel(channel: number): boolean {
  return channel === channels.stdin || channel === channels.stdout || channel === channels.stderr;
}
