import { Writable } from 'node:stream';
import { KxError } from '../errors/index.ts';

/** A stdin that can be closed from behind. */
export interface InputGate {
  readonly stdin: Writable;
  /** Sends `farewell` and then, where it can be told, the end. What is written to `stdin` from now on is dropped. */
  close(farewell: string): void;
}

/** Puts a gate in front of a stdin. `endRefused` is the error of its end where that cannot be told to the command. */
export function gateInput(inner: Writable, endRefused: KxError | undefined): InputGate {
  let closed = false;
  const isShut = (): boolean => closed || inner.destroyed || inner.writableEnded;
  const pass = (bytes: Buffer, done: () => void): void => {
    if (isShut()) done();
    else inner.write(bytes, () => done());
  };
  const stdin = new Writable({
    highWaterMark: inner.writableHighWaterMark,
    write: (chunk: Buffer, _encoding, done) => pass(chunk, done),
    writev: (items, done) => pass(Buffer.concat(items.map((item) => item.chunk as Buffer)), done),
    final: (done) => {
      if (isShut()) done();
      else if (endRefused !== undefined) done(endRefused);
      else inner.end(() => done());
    },
  });
  inner.on('error', (error) => stdin.destroy(closed ? undefined : error));
  inner.on('close', () => stdin.destroy());
  return {
    stdin,
    close(farewell) {
      const shut = isShut();
      closed = true;
      if (shut) return;
      inner.write(farewell);
      if (endRefused === undefined) inner.end();
    },
  };
}
