import { Writable } from 'node:stream';
import { inputOver } from './wrapper-script.ts';

/** The stdin of a wrapped command. */
export interface FramedInput {
  readonly stdin: Writable;
  /** Bytes of the command's input that were handed to the connection. */
  readonly sent: number;
  /** Some was written that nobody took any more. */
  readonly dropped: boolean;
  /** Nobody takes the input any more: says that it is over, and drops what is written to `stdin` from now on. */
  close(): void;
}

/** What the wrapper copies at once, in bytes: as much as a pipe holds. */
const block = 64 * 1024;
/** Every frame costs a process in the container, so a frame is as large as what waits for the connection, in bytes. */
const largestFrame = 2 << 20;

/**
 * Cuts a stdin into frames that tell their length, so that the wrapper can tell the command where its input ends whatever
 * the subprotocol knows. A frame is handed on whole or not at all: half of one would never be over.
 */
export function frameInput(inner: Writable, nonce: string): FramedInput {
  let ended = false;
  let sent = 0;
  let dropped = false;
  const finish = (done: () => void): void => {
    if (ended || inner.destroyed) return done();
    ended = true;
    inner.write(inputOver(nonce), () => done());
  };
  const pass = (pieces: readonly Buffer[], done: () => void): void => {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length === 0) return done();
    if (ended || inner.destroyed) {
      dropped = true;
      return done();
    }
    sent += length;
    const frame = [Buffer.from(`${Math.floor(length / block)} ${length % block}\n`), ...pieces];
    const messages = length < block ? [Buffer.concat(frame)] : frame;
    messages.forEach((message, at) => inner.write(message, at === messages.length - 1 ? () => done() : undefined));
  };
  const stdin = new Writable({
    highWaterMark: largestFrame,
    write: (chunk: Buffer, _encoding, done) => pass([chunk], done),
    writev: (items, done) =>
      pass(
        items.map((item) => item.chunk as Buffer),
        done,
      ),
    final: finish,
  });
  inner.on('error', (error) => stdin.destroy(ended ? undefined : error));
  inner.on('close', () => stdin.destroy());
  return {
    stdin,
    get sent() {
      return sent;
    },
    get dropped() {
      return dropped;
    },
    close: () => finish(() => {}),
  };
}
