import { broken } from './spdy-codec.ts';
import type { WireHandlers } from './socket-link.ts';
import { channels } from './subprotocol.ts';

/** Which streams a remote command has, besides the one of its Status. */
export interface Streams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The channels that are streams, in the order in which client-go opens them (tools/remotecommand/v2.go, v3.go). */
export function channelsOf({ stdin, stdout, stderr, tty }: Streams): readonly number[] {
  return [
    channels.error,
    ...(stdin ? [channels.stdin] : []),
    ...(stdout ? [channels.stdout] : []),
    ...(stderr && !tty ? [channels.stderr] : []),
    ...(tty ? [channels.resize] : []),
  ];
}

/** The values of the header streamType. Source: k8s.io/api/core/v1 StreamType. */
export const streamTypes: Readonly<Record<number, string>> = {
  [channels.stdin]: 'stdin',
  [channels.stdout]: 'stdout',
  [channels.stderr]: 'stderr',
  [channels.error]: 'error',
  [channels.resize]: 'resize',
};

/** Hands a ping on: those with the parity of the streams of the other side are its own. */
export function takePing(payload: Buffer, parity: 0 | 1, handlers: WireHandlers): void {
  if (payload.length !== 4) throw broken(`a ping of ${payload.length} bytes`);
  const number = payload.readUInt32BE(0);
  if (number % 2 === parity) handlers.onPong((number - parity) / 2);
  else handlers.onPing(payload);
}

/** A Status is small; more is a broken peer. */
const maxMessage = 1 << 20;

/** A message that ends with its stream. */
export interface Collected {
  add(bytes: Buffer): void;
  /** All of it, once. */
  take(): Buffer;
}

/** Throws KX_PROTOCOL for a message of over 1 MiB. */
export function collectMessage(): Collected {
  let pieces: Buffer[] = [];
  let size = 0;
  return {
    add(bytes) {
      size += bytes.length;
      if (size > maxMessage) throw broken('a message of over 1 MiB');
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
