import type { LogLine, LogSource, OutputStream } from './line.ts';
import { SplitLine } from './split-line.ts';

/** A longer line is given in pieces, so that no line is held in memory as a whole. Bytes. */
export const maximalPiece = 1 << 20;

/** Makes lines of the bytes of a log that was asked for with timestamps. */
export interface LineSplitter {
  /** The lines that end in this chunk, and pieces of a long one. */
  push(chunk: Buffer): LogLine[];
  /** At the end of the log: what came after the last line feed. */
  finish(): LogLine | undefined;
  /** What came and is no line of the log: the kubelet writes its own errors into the body. Undefined: nothing. */
  readonly foreign: string | undefined;
  /** Of a line that is not complete yet: how many of its bytes were given as pieces. */
  readonly open: { readonly at: string; readonly given: number } | undefined;
}

const lineFeed = 10;
const space = 32;
const zulu = 90;
/** The longest timestamp has nine digits and an offset. */
const longestTimestamp = 35;
/** That of a node whose clock shows UTC, which nearly all do. */
const usualTimestamp = 30;

/** `skip`: of the line with this timestamp so many bytes were given already, by a stream that broke off within it. */
export function createLineSplitter(
  source: LogSource,
  stream?: OutputStream,
  skip?: { readonly at: string; readonly given: number },
): LineSplitter {
  let parts: Buffer[] = [];
  let size = 0;
  let at: string | undefined;
  let given = 0;
  let toSkip = 0;
  let foreign: string | undefined;

  /** Whether a line of a usual timestamp, and nothing else, ends here. */
  const isUsual = (bytes: Buffer, from: number, to: number): boolean => {
    const gap = from + usualTimestamp;
    return (
      gap <= to && bytes[gap] === space && bytes[gap - 1] === zulu && bytes[from + 4] === 45 && bytes[from + 10] === 84
    );
  };
  /** The text of a line from here on, behind its timestamp. Undefined: there is none. */
  const begin = (bytes: Buffer, from: number, to: number): number | undefined => {
    const usual = from + usualTimestamp;
    const gap = bytes[usual] === space && bytes[usual - 1] === zulu ? usual : bytes.indexOf(space, from);
    const end = gap < 0 || gap > to ? to : gap;
    if (end - from < 20 || end - from > longestTimestamp || bytes[from + 4] !== 45 || bytes[from + 10] !== 84) {
      return undefined;
    }
    at = bytes.toString('latin1', from, end);
    given = 0;
    toSkip = skip !== undefined && skip.at === at ? skip.given : 0;
    return Math.min(end + 1, to);
  };
  const make = (bytes: Buffer, end: LogLine['end']): LogLine => {
    let rest = bytes;
    if (toSkip > 0) {
      rest = bytes.subarray(toSkip);
      toSkip -= bytes.length - rest.length;
    }
    return stream === undefined
      ? { source, at: at ?? '', bytes: rest, end }
      : { source, at: at ?? '', bytes: rest, end, stream };
  };
  const note = (bytes: Buffer): void => {
    foreign = `${foreign ?? ''}${bytes.subarray(0, 500).toString('utf8')}`.slice(0, 500);
  };
  /** What was held, joined with more, as one buffer. */
  const takeHeld = (more: Buffer): Buffer => {
    const whole = parts.length === 0 ? more : Buffer.concat([...parts, more]);
    parts = [];
    size = 0;
    return whole;
  };

  return {
    push(chunk) {
      const lines: LogLine[] = [];
      let from = 0;
      for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
        if (at === undefined && size === 0 && skip === undefined && isUsual(chunk, from, end)) {
          lines.push(new SplitLine(source, stream, chunk, from, from + usualTimestamp + 1, end));
        } else if (at === undefined && size === 0) {
          const text = begin(chunk, from, end);
          if (text === undefined) note(chunk.subarray(from, end));
          else lines.push(make(chunk.subarray(text, end), 'line-feed'));
        } else {
          const held = takeHeld(chunk.subarray(from, end));
          const text = at === undefined ? begin(held, 0, held.length) : 0;
          if (text === undefined) note(held);
          else lines.push(make(held.subarray(text), 'line-feed'));
        }
        at = undefined;
        from = end + 1;
      }
      if (from === chunk.length) return lines;
      parts.push(from === 0 ? chunk : chunk.subarray(from));
      size += chunk.length - from;
      if (size < maximalPiece) return lines;
      const held = takeHeld(Buffer.alloc(0));
      const text = at === undefined ? begin(held, 0, held.length) : 0;
      if (text === undefined) {
        note(held);
        return lines;
      }
      const piece = make(held.subarray(text), 'piece');
      given += held.length - text;
      lines.push(piece);
      return lines;
    },
    finish() {
      if (size === 0 && at === undefined) return undefined;
      const held = takeHeld(Buffer.alloc(0));
      const text = at === undefined ? begin(held, 0, held.length) : 0;
      if (text !== undefined) return make(held.subarray(text), 'nothing');
      // A stream may break off within a timestamp, too.
      if (!/^\d{1,4}($|-)/.test(held.toString('latin1', 0, 5))) note(held);
      return undefined;
    },
    get foreign() {
      return foreign;
    },
    get open() {
      return at === undefined || given === 0 ? undefined : { at, given };
    },
  };
}
