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
export { channels, isSubprotocol, spdy, v4, v5, type Subprotocol, type WebSocketSubprotocol } from './subprotocol.ts';
export { spdyClientLink } from './spdy-client-link.ts';
export { spdyServerLink } from './spdy-server-link.ts';
export type { Streams } from './spdy-streams.ts';
export { websocketClientLink } from './websocket-client-link.ts';
export { websocketServerLink } from './websocket-server-link.ts';
