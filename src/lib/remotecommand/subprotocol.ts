/**
 * The subprotocols of remote commands over WebSocket that kx speaks. v4 adds the Status with an exit code, v5 the end of
 * stdin. Source: k8s.io/apimachinery/pkg/util/remotecommand/constants.go.
 */
export const v4 = 'v4.channel.k8s.io';
export const v5 = 'v5.channel.k8s.io';
export type Subprotocol = typeof v4 | typeof v5;

/** The first byte of every message. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** True for the two names that kx speaks. */
export function isSubprotocol(name: string | undefined): name is Subprotocol {
  return name === v4 || name === v5;
}
