import type { KxError } from '../errors/index.ts';

/** A Status or a terminal size is small; more is a broken peer. */
const maxMessage = 1 << 20;

/** A message that comes in pieces. */
export interface Collected {
  add(bytes: Buffer): void;
  /** All of it, once. */
  take(): Buffer;
}

/** `add` throws `tooLong()` where a message has over 1 MiB. */
export function collectMessage(tooLong: () => KxError): Collected {
  let pieces: Buffer[] = [];
  let size = 0;
  return {
    add(bytes) {
      size += bytes.length;
      if (size > maxMessage) throw tooLong();
      // A peer may send pieces without bytes, and without end.
      if (bytes.length > 0) pieces.push(bytes);
    },
    take() {
      const message = Buffer.concat(pieces);
      [pieces, size] = [[], 0];
      return message;
    },
  };
}
