import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The other protocol of remote commands, as the header Upgrade names it. */
export const spdy = 'SPDY/3.1';

/** How a connection becomes one of another protocol. */
export interface Handshake {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the server took it for what was asked. */
  isAnswer(headers: IncomingHttpHeaders): boolean;
  /** What the server chose; undefined when it chose none. */
  subprotocolOf(headers: IncomingHttpHeaders): string | undefined;
}

/** exec knows no media types: any other Accept is refused with 406. */
const common = { Accept: '*/*', Connection: 'Upgrade' };

/** RFC 6455, section 4. */
export function websocketHandshake(protocols: readonly string[]): Handshake {
  const key = randomBytes(16).toString('base64');
  return {
    method: 'GET',
    headers: {
      ...common,
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Protocol': protocols.join(', '),
    },
    isAnswer: (headers) => headers['sec-websocket-accept'] === acceptOf(key),
    subprotocolOf: (headers) => headers['sec-websocket-protocol'],
  };
}

/** As k8s.io/apimachinery/pkg/util/httpstream has it. */
export function spdyHandshake(protocols: readonly string[]): Handshake {
  return {
    method: 'POST',
    headers: { ...common, Upgrade: spdy, 'X-Stream-Protocol-Version': protocols.join(', '), 'Content-Length': '0' },
    isAnswer: (headers) => headers.upgrade?.toLowerCase() === spdy.toLowerCase(),
    subprotocolOf: (headers) => headers['x-stream-protocol-version']?.toString(),
  };
}

/** RFC 6455, 4.2.2. */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
