/**
 * The subprotocols of remote commands that kx speaks. v4 adds the Status with an exit code, v5 the end of stdin. Source:
 * k8s.io/apimachinery/pkg/util/remotecommand/constants.go.
 */
export const v4 = 'v4.channel.k8s.io';
export const v5 = 'v5.channel.k8s.io';
/** Streams of SPDY instead of channels of a WebSocket; on them v4 can tell the end of stdin. */
export const spdy = 'SPDY/3.1';
export type WebSocketSubprotocol = typeof v4 | typeof v5;
export type Subprotocol = WebSocketSubprotocol | typeof spdy;

/** The first byte of every message of a WebSocket. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** True for the two names of subprotocols that kx speaks over WebSocket. */
export function isSubprotocol(name: string | undefined): name is WebSocketSubprotocol {
  return name === v4 || name === v5;
}
