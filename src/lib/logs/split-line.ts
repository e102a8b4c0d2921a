import type { LogLine, LogSource, OutputStream, Span } from './line.ts';

/**
 * A line within the bytes that came. There are many thousands a second: it makes no string and no Buffer unless one is asked
 * for.
 */
export class SplitLine implements LogLine, Span {
  readonly source: LogSource;
  readonly stream: OutputStream | undefined;
  readonly whole: Buffer;
  readonly begin: number;
  readonly from: number;
  readonly to: number;
  #at: string | undefined;

  /** `begin`: of its timestamp, which ends a space before `from`. */
  constructor(
    source: LogSource,
    stream: OutputStream | undefined,
    whole: Buffer,
    begin: number,
    from: number,
    to: number,
  ) {
    this.source = source;
    this.stream = stream;
    this.whole = whole;
    this.begin = begin;
    this.from = from;
    this.to = to;
  }

  get end(): 'line-feed' {
    return 'line-feed';
  }

  get span(): Span {
    return this;
  }

  get at(): string {
    return (this.#at ??= this.whole.toString('latin1', this.begin, this.from - 1));
  }

  get bytes(): Buffer {
    return this.whole.subarray(this.from, this.to);
  }
}
