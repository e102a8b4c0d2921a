import { write, writev } from 'node:fs';
import { Writable } from 'node:stream';
import { KxError } from '../errors/index.ts';

type Done = (error?: Error | null) => void;

/** Fewer than any system takes in one call (IOV_MAX). */
const mostParts = 512;
/** How often a descriptor that another process made non-blocking is asked again, in milliseconds. */
const askAgain = 5;

/**
 * A stream over a descriptor that other processes may share. Unlike process.stdout it never blocks the event loop (a reader
 * that sleeps must not hold up pings), and never makes a pipe non-blocking, which bun does and leaves so for whoever writes
 * to it next. Chunks that wait are written together. Emits 'error' with EPIPE when the reader is gone, else with a KxError that
 * names the output.
 */
export class Output extends Writable {
  readonly fd: number;

  constructor(fd: number) {
    super({ highWaterMark: 1 << 20, decodeStrings: true });
    this.fd = fd;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#put([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    const parts = chunks.map(({ chunk }) => chunk);
    this.#put(parts, done);
  }

  #refusal(cause: Error): KxError {
    const name = this.fd === 1 ? 'stdout' : 'stderr';
    return new KxError('KX_USAGE', `cannot write ${name}: ${cause.message}`, { ran: 'maybe', cause });
  }

  #put(parts: Buffer[], done: Done): void {
    const written = (error: NodeJS.ErrnoException | null, count: number): void => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#put(parts, done), askAgain);
      else if (error) done(error.code === 'EPIPE' ? error : this.#refusal(error));
      else if (dropBytes(parts, count)) done();
      else this.#put(parts, done);
    };
    const [first] = parts;
    if (first !== undefined && parts.length === 1) write(this.fd, first, written);
    else writev(this.fd, parts.slice(0, mostParts), written);
  }
}

/** Takes written bytes off the front; true when nothing is left. */
function dropBytes(parts: Buffer[], count: number): boolean {
  let left = count;
  while (parts[0] !== undefined && left >= parts[0].length) left -= parts.shift()?.length ?? 0;
  if (parts[0] !== undefined && left > 0) parts[0] = parts[0].subarray(left);
  return parts.length === 0;
}

const outputs = new Map<number, Output>();

/** The stream of stdout or stderr, if anything opened it. */
export function openedOutput(fd: 1 | 2): Output | undefined {
  return outputs.get(fd);
}

/** The one stream of stdout (1) or stderr (2). */
export function openOutput(fd: 1 | 2): Output {
  const known = outputs.get(fd);
  if (known) return known;
  const output = new Output(fd);
  // Whoever cares listens too; for the rest a reader that is gone is a quiet end.
  output.on('error', () => {});
  outputs.set(fd, output);
  return output;
}

/** The same; when it fails only `onError` is told. Without it oclif, which listens too, throws that past everybody. */
export function openOwnOutput(fd: 1 | 2, onError: (error: Error) => void): Output {
  return openOutput(fd).removeAllListeners('error').on('error', onError);
}

/** Puts these streams in the place of process.stdout and process.stderr, so that whatever writes there does no harm. */
export function replaceProcessStreams(): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    // To define over what is there would make bun open it first; to assign does not, and does nothing in node.
    Reflect.set(process, name, undefined);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => openOutput(fd) });
  }
}
