import type { Duplex } from 'node:stream';
import { channels, type FrameLink, type LinkHandlers } from '../../../lib/remotecommand/index.ts';
import type { Faults } from './faults.ts';

/** A link with the faults of its pod; the same link when there are none. `socket` is the connection below it. */
export function faultyLink(link: FrameLink, socket: Duplex, faults: Faults): FrameLink {
  return Object.keys(faults).length === 0 ? link : new FaultyLink(link, socket, faults);
}

class FaultyLink implements FrameLink {
  readonly #link: FrameLink;
  readonly #socket: Duplex;
  readonly #faults: Faults;
  #sent = 0;
  #received = 0;
  /** Cut or frozen: nothing passes any more. */
  #stopped = false;
  #pausedByUser = false;
  #slowTimer: NodeJS.Timeout | undefined;
  /** What had arrived before the pause took hold. */
  #held: (() => void)[] = [];
  #statusIsDue = false;
  #closeBehindStatus = false;

  constructor(link: FrameLink, socket: Duplex, faults: Faults) {
    this.#link = link;
    this.#socket = socket;
    this.#faults = faults;
  }

  get subprotocol(): FrameLink['subprotocol'] {
    return this.#link.subprotocol;
  }

  get backlog(): number {
    return this.#link.backlog;
  }

  listen(handlers: LinkHandlers): void {
    const receive = (channel: number, bytes: Buffer): void => {
      if (this.#stopped) return;
      if (this.#isSlow()) {
        this.#held.push(() => receive(channel, bytes));
        return;
      }
      if (channel !== channels.stdin) {
        handlers.onFrame(channel, bytes);
        return;
      }
      const { cutStdinAfter = Infinity } = this.#faults;
      const passed = bytes.subarray(0, Math.min(cutStdinAfter, this.#freezeLimit()) - this.#received);
      this.#received += passed.length;
      if (passed.length > 0) handlers.onFrame(channel, passed);
      if (this.#received >= cutStdinAfter) this.#cut();
      else if (!this.#freezeWhenDue()) this.#slowDown(passed.length);
    };
    const { latency } = this.#faults;
    this.#link.listen({
      ...handlers,
      onDrain: () => handlers.onDrain(),
      onEnd: (ending) => handlers.onEnd(ending),
      onFrame: (channel, bytes) => {
        if (latency === undefined) receive(channel, bytes);
        else setTimeout(receive, latency, channel, bytes);
      },
    });
    this.#freezeWhenDue();
  }

  send(channel: number, bytes: Uint8Array): boolean {
    if (this.#stopped) return true;
    if (channel === channels.error) return this.#sendStatus(bytes);
    const { cutAfter = Infinity } = this.#faults;
    const room = Math.min(cutAfter - this.#sent, this.#freezeLimit() - this.#sent - this.#received);
    const passed = bytes.subarray(0, room);
    this.#sent += passed.length;
    const more = passed.length === 0 || this.#link.send(channel, passed);
    if (this.#sent >= cutAfter) {
      this.#cut();
      return true;
    }
    return this.#freezeWhenDue() || more;
  }

  pause(): void {
    this.#pausedByUser = true;
    this.#link.pause();
  }

  resume(): void {
    this.#pausedByUser = false;
    this.#resumeIfWanted();
  }

  close(): void {
    if (this.#stopped) return;
    if (this.#statusIsDue) this.#closeBehindStatus = true;
    else this.#link.close();
  }

  abort(reason: string): void {
    this.#link.abort(reason);
  }

  #sendStatus(bytes: Uint8Array): boolean {
    const { noStatus, lateStatus = 0 } = this.#faults;
    if (noStatus === true) return true;
    if (lateStatus === 0) return this.#link.send(channels.error, bytes);
    this.#statusIsDue = true;
    setTimeout(() => {
      this.#statusIsDue = false;
      this.#link.send(channels.error, bytes);
      if (this.#closeBehindStatus) this.#link.close();
    }, lateStatus);
    return true;
  }

  #isSlow(): boolean {
    return this.#slowTimer !== undefined;
  }

  #resumeIfWanted(): void {
    if (!this.#isSlow() && !this.#pausedByUser && !this.#stopped) this.#link.resume();
  }

  #freezeLimit(): number {
    return this.#faults.freezeAfter ?? Infinity;
  }

  #freezeWhenDue(): boolean {
    if (this.#sent + this.#received < this.#freezeLimit()) return false;
    this.#stopped = true;
    this.#link.pause();
    return true;
  }

  /** What was sent before arrives; then the connection ends without a close frame. */
  #cut(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Holds everything that comes until so many bytes would have been read at the rate. */
  #slowDown(length: number): void {
    const { slowRead } = this.#faults;
    if (slowRead === undefined) return;
    this.#link.pause();
    this.#slowTimer = setTimeout(
      () => {
        this.#slowTimer = undefined;
        for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
          next();
          if (this.#isSlow()) return;
        }
        this.#resumeIfWanted();
      },
      (length / slowRead) * 1000,
    );
  }
}
