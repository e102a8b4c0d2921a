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
  #pings = 0;
  #answeredPing = 0;
  /** How many pings had been sent when stdin was sent last. */
  #pingsAtStdin = -1;
  #pingUnsent = false;
  #pongUnsent = false;
  #owedPong: Buffer | undefined;
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
      ping: () => this.#sendPing(),
      // The peer reads in order: a pong to a ping behind the last stdin shows that stdin was taken.
      mayBlock: () => this.#pingsAtStdin >= this.#answeredPing,
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
    const onPiece = createChannelDecoder((channel, bytes) => {
      // A handler may end the link while bytes of the same chunk are left.
      if (!this.#ended) handlers.onFrame(channel, bytes);
    });
    const decode = createDecoder({
      onData: onPiece,
      onPing: (payload) => {
        this.#owedPong = payload;
        this.#sendPong();
      },
      onPong: (payload) => {
        if (payload.length === 4) this.#answeredPing = payload.readUInt32BE(0);
      },
      onClose: (code, reason) => this.#onClose(code, reason),
    });
    const take = (chunk: Buffer): void => {
      if (this.#ended) return;
      this.#liveness.heard();
      try {
        decode(chunk);
      } catch (error) {
        this.#lose((error as Error).message);
      }
    };
    this.#socket.on('data', take);
    // Without a close frame nothing can be heard any more, and what is queued may never be taken.
    this.#socket.on('end', () => this.#lose('the other side hung up'));
    if (this.#head.length > 0) take(this.#head);
    this.#head = Buffer.alloc(0);
    if (this.#socket.destroyed) this.#end();
  }

  send(channel: number, bytes: Uint8Array): boolean {
    if (this.#closeSent || this.#ended) return true;
    if (channel === channels.stdin) this.#pingsAtStdin = this.#pings;
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

  /** A fault after the ending is none: the answer to the peer's close may still be on its way. */
  #lose(reason: string): void {
    if (!this.#ended) this.abort(reason);
  }

  #onClose(code: number, reason: string): void {
    if (this.#ended) return;
    this.#closeReceived = { clean: code === 1000 || code === 1005, code, reason };
    this.#sendClose(code === 1005 ? 1000 : code);
    // The peer says nothing more: once the answer has left, nobody need wait for its end of the connection.
    this.#socket.end(() => this.#socket.destroy());
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

  /** Numbered, and one at a time: pings behind an upload that stands still would prove nothing and pile up. */
  #sendPing(): void {
    if (this.#pingUnsent) return;
    this.#pingUnsent = true;
    const payload = Buffer.alloc(4);
    this.#pings = (this.#pings + 1) >>> 0;
    payload.writeUInt32BE(this.#pings);
    this.#sendControl(opcodes.ping, payload, () => (this.#pingUnsent = false));
  }

  /** Answers the latest ping, one at a time: a peer that pings and does not read must not fill the memory. */
  #sendPong(): void {
    const payload = this.#owedPong;
    if (payload === undefined || this.#pongUnsent) return;
    this.#owedPong = undefined;
    this.#pongUnsent = true;
    this.#sendControl(opcodes.pong, payload, () => {
      this.#pongUnsent = false;
      this.#sendPong();
    });
  }

  #sendControl(opcode: number, payload: Uint8Array, sent = (): void => {}): void {
    if (this.#closeSent || this.#socket.destroyed) return;
    this.#write(encodeControlFrame(opcode, payload, randomMask()), sent);
  }

  #write(frame: Buffer, sent = (): void => {}): void {
    this.#backlog += frame.length;
    this.#socket.write(frame, (error) => {
      this.#backlog -= frame.length;
      if (!error) sent();
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
