import { Readable } from 'node:stream';
import { createMarkFilter, type Marks } from './marks.ts';

/** An output without the lines that begin with a nonce. Destroying `stream` discards what comes; the marks are still read. */
export interface FilteredOutput {
  readonly stream: Readable;
  /** What was found so far. */
  readonly marks: Readonly<Marks>;
  /** Everything has been looked at. */
  readonly ended: Promise<void>;
}

/** Takes the lines that begin with a nonce out of an output. `onMarks` is called after each piece that was looked at. */
export function filterOutput(source: Readable, nonce: string, onMarks: (marks: Marks) => void): FilteredOutput {
  const filter = createMarkFilter(nonce);
  const stream: Readable = new Readable({
    read: () => source.resume(),
    destroy: (error, done) => {
      source.resume();
      done(error);
    },
  });
  const pass = (bytes: Buffer): void => {
    if (!stream.destroyed && bytes.length > 0 && !stream.push(bytes)) source.pause();
  };
  source.on('data', (chunk: Buffer) => {
    filter.take(chunk).forEach(pass);
    onMarks(filter.marks);
  });
  const ended = new Promise<void>((resolve) => {
    source.on('end', () => {
      pass(filter.flush());
      stream.push(null);
      resolve();
    });
  });
  return { stream, marks: filter.marks, ended };
}
