import { createByteSink, type ByteSink } from './byte-sink.ts';
import type { Matcher } from './matcher.ts';
import { marksOf, type Paint } from './paint.ts';

/**
 * Paints what matches. The style is inverse: unlike a colour, it leaves the colours that the line brings along as they are.
 */
export function createHighlighter(matcher: Matcher | undefined, paint: Paint): (bytes: Buffer, out: ByteSink) => void {
  if (matcher === undefined || !paint.enabled) return (bytes, out) => out.push(bytes);
  const [open, close] = marksOf(paint, 'inverse').map((mark) => Buffer.from(mark)) as [Buffer, Buffer];
  return (bytes, out) => {
    const ranges = matcher.ranges(bytes);
    let from = 0;
    for (let at = 0; at < ranges.length; at += 2) {
      const [start, end] = [ranges[at] ?? 0, ranges[at + 1] ?? 0];
      out.pushPart(bytes, from, start);
      out.push(open);
      out.pushPart(bytes, start, end);
      out.push(close);
      from = end;
    }
    out.pushPart(bytes, from, bytes.length);
  };
}

/** The same for text. */
export function createTextHighlighter(matcher: Matcher | undefined, paint: Paint): (text: string) => string {
  if (matcher === undefined || !paint.enabled) return (text) => text;
  const highlight = createHighlighter(matcher, paint);
  return (text) => {
    const painted = createByteSink();
    highlight(Buffer.from(text), painted);
    return painted.take().toString();
  };
}
