import type { Duplex } from 'node:stream';
import type { FrameLink, LinkEnding, LinkHandlers } from './frame-link.ts';
import { watchLiveness, type Liveness, type LivenessOptions } from './liveness.ts';
import { channels, type Subprotocol } from './subprotocol.ts';

/** Bytes in the socket's own queue from which the sender is asked to wait. */
const highWater = 1 << 20;
/** How long a polite close waits for the peer, in milliseconds. */
const closePatience = 3000;

/** What a wire tells of the bytes that it decodes. */
export interface WireHandlers {
  /** As LinkHandlers has it. */
  onFrame(channel: number, bytes: Buffer): void;
  /** From here on the peer takes what is sent to it. */
  onOpen(): void;
  /** What the wire itself has to say. */
  onReply(frame: Buffer): void;
  onPing(payload: Buffer): void;
  onPong(number: number): void;
  /** The peer sends nothing more. Codes as WebSocket has them; 1005: it gave none. */
  onClose(code: number, reason: string): void;
}

/** The bytes that frames are on one connection. */
export interface Wire {
  readonly subprotocol: Subprotocol;
  /** What is sent first, when it is open only after `onOpen`; undefined: it is open at once. */
  readonly opening?: Buffer;
  /** Takes the bytes that come in any pieces. Throws KX_PROTOCOL, after which it takes no more. */
  decoder(handlers: WireHandlers): (chunk: Buffer) => void;
  frame(channel: number, bytes: Uint8Array): Buffer;
  ping(number: number): Buffer;
  pong(payload: Buffer): Buffer;
  close(code: number): Buffer;
}

export interface SocketLinkOptions {
  readonly socket: Duplex;
  /** Bytes that came behind the response head. */
  readonly head: Buffer;
  readonly liveness: LivenessOptions;
}

/** One end of a link, right on the socket of a finished upgrade. */
export class SocketLink implements FrameLink {
  readonly subprotocol: Subprotocol;
  readonly #wire: Wire;
  readonly #socket: Duplex;
  readonly #liveness: Liveness;
  #head: Buffer;
  /** What waits for the peer to be open; undefined: it is. */
  #held: (() => void)[] | undefined;
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

  constructor(wire: Wire, { socket, head, liveness }: SocketLinkOptions) {
    this.#wire = wire;
    this.#socket = socket;
    this.#head = head;
    this.subprotocol = wire.subprotocol;
    this.#liveness = watchLiveness(liveness, {
      ping: () => this.#sendPing(),
      // The peer reads in order: a pong to a ping behind the last stdin shows that stdin was taken.
      mayBlock: () => this.#pingsAtStdin >= this.#answeredPing,
      dead: (reason) => this.abort(reason),
    });
    socket.on('error', (error) => (this.#failure ??= error.message));
    socket.on('close', () => this.#end());
    if (wire.opening === undefined) return;
    this.#held = [];
    socket.write(wire.opening);
  }

  get backlog(): number {
    return this.#backlog;
  }

  listen(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    const decode = this.#wire.decoder({
      onFrame: (channel, bytes) => {
        // A handler may end the link while bytes of the same chunk are left.
        if (!this.#ended) handlers.onFrame(channel, bytes);
      },
      onOpen: () => this.#open(),
      onReply: (frame) => this.#socket.write(frame),
      onPing: (payload) => {
        this.#owedPong = payload;
        this.#sendPong();
      },
      onPong: (number) => (this.#answeredPing = number),
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
    this.#whenOpen(bytes.length, () => {
      if (channel === channels.stdin) this.#pingsAtStdin = this.#pings;
      this.#write(this.#wire.frame(channel, bytes));
    });
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
    this.#whenOpen(0, () => this.#socket.end());
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
    this.#whenOpen(0, () => this.#write(this.#wire.close(code)));
    this.#closeSent = true;
  }

  /** Numbered, and one at a time: pings behind an upload that stands still would prove nothing and pile up. */
  #sendPing(): void {
    if (this.#pingUnsent) return;
    this.#pingUnsent = true;
    const number = ++this.#pings;
    this.#sendControl(this.#wire.ping(number), () => (this.#pingUnsent = false));
  }

  /** Answers the latest ping, one at a time: a peer that pings and does not read must not fill the memory. */
  #sendPong(): void {
    const payload = this.#owedPong;
    if (payload === undefined || this.#pongUnsent) return;
    this.#owedPong = undefined;
    this.#pongUnsent = true;
    this.#sendControl(this.#wire.pong(payload), () => {
      this.#pongUnsent = false;
      this.#sendPong();
    });
  }

  #sendControl(frame: Buffer, sent = (): void => {}): void {
    if (this.#closeSent || this.#socket.destroyed) return;
    this.#write(frame, sent);
  }

  /** Until the peer is open frames cannot even be made, as it is the peer that says for what streams. */
  #whenOpen(bytes: number, write: () => void): void {
    if (this.#held === undefined) return write();
    this.#backlog += bytes;
    this.#held.push(() => {
      this.#backlog -= bytes;
      write();
    });
  }

  #open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const write of held) write();
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
