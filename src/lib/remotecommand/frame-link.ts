import type { Subprotocol } from './subprotocol.ts';

/** How a link ended. `clean` means a close handshake with code 1000 or none given; it says nothing about the command. */
export interface LinkEnding {
  readonly clean: boolean;
  /** WebSocket close code; 1006 when the connection went away without one. */
  readonly code: number;
  readonly reason: string;
}

export interface LinkHandlers {
  /**
   * Bytes of one channel. Data channels (stdin, stdout, stderr) may arrive in any pieces; messages on the others
   * (error, resize, close) arrive whole. Empty messages are not reported.
   */
  onFrame(channel: number, bytes: Buffer): void;
  /** Most of what was sent has left: there is room again. Called only after a `send` that returned false. */
  onDrain(): void;
  /** Exactly once, after the last frame. */
  onEnd(ending: LinkEnding): void;
}

/**
 * What carries the frames of one remote command: a WebSocket, a pair in memory. Flow control is per link: `pause` holds
 * every channel.
 */
export interface FrameLink {
  readonly subprotocol: Subprotocol;
  /** Bytes accepted by `send` that have not left the process. */
  readonly backlog: number;
  /** Frames that came before are delivered to the handlers first. Called once. */
  listen(handlers: LinkHandlers): void;
  /** Sends one message. False asks the caller to wait for `onDrain`. The bytes must not be changed afterwards. */
  send(channel: number, bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Sends what is left, then closes politely and waits for the peer a bounded time. */
  close(): void;
  /** Drops the connection at once. */
  abort(reason: string): void;
}
