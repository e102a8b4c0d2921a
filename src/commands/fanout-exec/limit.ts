import { Writable } from 'node:stream';

/** Hands on the first `limit` bytes and drops the rest; ends `inner` when it ends. `onCut` is told once. */
export function limitBytes(inner: Writable, limit: number, onCut: () => void): Writable {
  if (limit === Infinity) return inner;
  let left = limit;
  let isCut = false;
  const outer = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length < chunk.length && !isCut) {
        isCut = true;
        onCut();
      }
      if (part.length === 0) done();
      else inner.write(part, done);
    },
    final: (done) => inner.end(() => done()),
    destroy: (error, done) => {
      inner.destroy();
      done(error);
    },
  });
  inner.on('error', (error) => outer.destroy(error));
  return outer;
}
