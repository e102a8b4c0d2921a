import type { Subprotocol } from './subprotocol.ts';
import type { FrameLink, LinkEnding, LinkHandlers } from './frame-link.ts';

type Item = { readonly channel: number; readonly bytes: Buffer } | { readonly ending: LinkEnding };

const highWater = 1 << 20;

/** Two ends of one link inside a process: what one sends, the other receives, with the same flow control. */
export function memoryLinkPair(subprotocol: Subprotocol): [FrameLink, FrameLink] {
  const a = new MemoryLink(subprotocol);
  const b = new MemoryLink(subprotocol);
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class MemoryLink implements FrameLink {
  readonly subprotocol: Subprotocol;
  peer!: MemoryLink;
  #inbox: Item[] = [];
  #size = 0;
  #handlers: LinkHandlers | undefined;
  #paused = false;
  #ended = false;
  #closing = false;
  #wantsDrain = false;
  #scheduled = false;

  constructor(subprotocol: Subprotocol) {
    this.subprotocol = subprotocol;
  }

  get backlog(): number {
    return this.peer.#size;
  }

  listen(handlers: LinkHandlers): void {
    this.#handlers = handlers;
    this.#schedule();
  }

  send(channel: number, bytes: Uint8Array): boolean {
    if (this.#closing || bytes.length === 0) return true;
    this.peer.#receive({ channel, bytes: Buffer.from(bytes) });
    if (this.peer.#size < highWater) return true;
    this.#wantsDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  close(): void {
    // What the peer still sent is delivered before the ending.
    this.resume();
    this.#end({ clean: true, code: 1000, reason: '' });
  }

  abort(reason: string): void {
    this.#inbox = this.#inbox.filter((item) => 'ending' in item);
    this.#size = 0;
    this.resume();
    this.#end({ clean: false, code: 1006, reason });
  }

  #end(ending: LinkEnding): void {
    if (this.#closing) return;
    this.#closing = true;
    this.peer.#receive({ ending });
    this.#receive({ ending });
  }

  #receive(item: Item): void {
    this.#inbox.push(item);
    if ('bytes' in item) this.#size += item.bytes.length;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#handlers === undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#paused && !this.#ended) {
      const item = this.#inbox.shift();
      if (item === undefined) break;
      if ('ending' in item) {
        this.#ended = true;
        this.#closing = true;
        this.#handlers?.onEnd(item.ending);
        return;
      }
      this.#size -= item.bytes.length;
      this.#handlers?.onFrame(item.channel, item.bytes);
    }
    if (this.#size === 0 && this.peer.#wantsDrain) {
      this.peer.#wantsDrain = false;
      this.peer.#handlers?.onDrain();
    }
  }
}
