import { randomFillSync } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { createChannelDecoder } from './channel-codec.ts';
import type { FrameLink, LinkEnding, LinkHandlers } from './frame-link.ts';
import { watchLiveness, type Liveness, type LivenessOptions } from './liveness.ts';
import { channels, type Subprotocol } from './subprotocol.ts';
import { createDecoder, encodeChannelFrame, encodeControlFrame, opcodes } from './websocket-codec.ts';

/** Bytes in the socket's own queue from which the sender is asked to wait. */
const highWater = 1 << 20;
/** How long a polite close waits for the peer, in milliseconds. */
const closePatience = 3000;

export interface ClientLinkOptions {
  readonly socket: Duplex;
  /** Bytes that came behind the response head. */
  readonly head: Buffer;
  readonly subprotocol: Subprotocol;
  readonly liveness: LivenessOptions;
}

/**
 * The client end of a WebSocket, right on the socket of a finished upgrade. It exists beside `ws` because byte-wise
 * masking and the assembly of messages there limit throughput (docs/adr/0003).
 */
export function websocketClientLink(options: ClientLinkOptions): FrameLink {
  return new WebSocketClientLink(options);
}

class WebSocketClientLink implements FrameLink {
  readonly subprotocol: Subprotocol;
  readonly #socket: Duplex;
  readonly #liveness: Liveness;
  #head: Buffer;
  #handlers: LinkHandlers | undefined;
  #backlog = 0;
  #stdinSent = false;
  #wantsDrain = false;
  #closeSent = false;
  #closeReceived: LinkEnding | undefined;
  #ended = false;
  #failure: string | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor({ socket, head, subprotocol, liveness }: ClientLinkOptions) {
    this.#socket = socket;
    this.#head = head;
    this.subprotocol = subprotocol;
    this.#liveness = watchLiveness(liveness, {
      ping: () => this.#sendControl(opcodes.ping, Buffer.alloc(0)),
      mayBlock: () => this.#stdinSent,
      dead: (reason) => this.abort(reason),
    });
    socket.on('error', (error) => (this.#failure ??= error.message));
    socket.on('close', () => this.#end());
  }

  get backlog(): number {
    return this.#backlog;
  }

  listen(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    const onPiece = createChannelDecoder((channel, bytes) => handlers.onFrame(channel, bytes));
    const decode = createDecoder({
      onData: onPiece,
      onPing: (payload) => this.#sendControl(opcodes.pong, payload),
      onPong: () => {},
      onClose: (code, reason) => this.#onClose(code, reason),
    });
    const take = (chunk: Buffer): void => {
      this.#liveness.heard();
      if (this.#closeReceived !== undefined) return;
      try {
        decode(chunk);
      } catch (error) {
        this.abort((error as Error).message);
      }
    };
    this.#socket.on('data', take);
    // A peer that ends without a close frame leaves 'close' to follow only once this side ends too.
    this.#socket.on('end', () => this.#socket.end());
    if (this.#head.length > 0) take(this.#head);
    this.#head = Buffer.alloc(0);
    if (this.#socket.destroyed) this.#end();
  }

  send(channel: number, bytes: Uint8Array): boolean {
    if (this.#closeSent || this.#ended) return true;
    this.#stdinSent ||= channel === channels.stdin;
    this.#write(encodeChannelFrame(channel, bytes, randomMask()));
    if (this.#backlog < highWater) return true;
    this.#wantsDrain = true;
    return false;
  }

  pause(): void {
    this.#socket.pause();
    this.#liveness.suspend();
  }

  resume(): void {
    this.#liveness.resume();
    this.#socket.resume();
  }

  close(): void {
    if (this.#ended) return;
    this.#sendClose(1000);
    this.#socket.end();
    // What the peer still sends must be read, or its close frame never arrives.
    this.#socket.resume();
    this.#closeTimer ??= setTimeout(() => this.#socket.destroy(), closePatience);
  }

  abort(reason: string): void {
    this.#failure ??= reason;
    this.#socket.destroy();
    this.#end();
  }

  #onClose(code: number, reason: string): void {
    this.#closeReceived = { clean: code === 1000 || code === 1005, code, reason };
    this.#sendClose(code === 1005 ? 1000 : code);
    this.#socket.end();
    this.#closeTimer ??= setTimeout(() => this.#socket.destroy(), closePatience);
    this.#end();
  }

  #sendClose(code: number): void {
    if (this.#closeSent) return;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#sendControl(opcodes.close, payload);
    this.#closeSent = true;
  }

  #sendControl(opcode: number, payload: Uint8Array): void {
    if (!this.#closeSent && !this.#socket.destroyed) this.#write(encodeControlFrame(opcode, payload, randomMask()));
  }

  #write(frame: Buffer): void {
    this.#backlog += frame.length;
    this.#socket.write(frame, (error) => {
      this.#backlog -= frame.length;
      if (!error && this.#wantsDrain && this.#backlog < highWater / 2) {
        this.#wantsDrain = false;
        this.#handlers?.onDrain();
      }
    });
  }

  #end(): void {
    if (this.#ended) return;
    if (this.#handlers === undefined && !this.#socket.destroyed) return;
    this.#liveness.stop();
    if (this.#socket.destroyed) clearTimeout(this.#closeTimer);
    else this.#socket.once('close', () => clearTimeout(this.#closeTimer));
    if (this.#handlers === undefined) return;
    this.#ended = true;
    this.#handlers.onEnd(this.#closeReceived ?? { clean: false, code: 1006, reason: this.#failure ?? '' });
  }
}

const randomPool = new Uint32Array(1024);
let randomNext = randomPool.length;

/** RFC 6455 section 5.3 wants masks that nobody can predict. */
function randomMask(): number {
  if (randomNext === randomPool.length) {
    randomFillSync(randomPool);
    randomNext = 0;
  }
  return randomPool[randomNext++] ?? 0;
}
