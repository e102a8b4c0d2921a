/**
 * Remote commands on the wire: the frames, and the two halves that turn a link into a process and a process into a link.
 * A link is anything that carries frames: the client's WebSocket, a server's, a pair in memory.
 */
export { connectProcess } from './connect-process.ts';
export type { FrameLink, LinkEnding, LinkHandlers } from './frame-link.ts';
export type { LivenessOptions } from './liveness.ts';
export { memoryLinkPair } from './memory-link.ts';
export { serveProcess } from './serve-process.ts';
export { exitCodeOf, statusOfError, statusOfExit } from './status.ts';
export { channels, isSubprotocol, v4, v5, type Subprotocol } from './subprotocol.ts';
export { websocketClientLink } from './websocket-client-link.ts';
export { websocketServerLink } from './websocket-server-link.ts';
