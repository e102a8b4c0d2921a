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
