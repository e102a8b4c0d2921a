import {
  describeGain,
  estimateRatio,
  mayPay,
  pays,
  steady,
  type Compression,
  type CompressionTool,
} from '../compression.ts';

/** Decides whether a stream is to be compressed from here on, by how it comes. */
export interface Pace {
  /** What the container compresses the stream with. */
  readonly compress: 'none' | CompressionTool;
  /** A chunk of the stream has come, and was waited for so long. */
  note(chunk: Buffer, waitedMs: number): void;
  /** What to change to; undefined: stay. */
  readonly wanted: 'none' | CompressionTool | undefined;
  /** It was changed to what was wanted, or could not be: then it stays as it is. */
  changed(isDone: boolean): void;
}

/** A rate is taken when so many bytes have come, or fewer in so long a time. */
const most = 1 << 20;
const least = 128 * 1024;
const longestMs = 250;
/** The container reads what it has sent again when it begins to compress: later that would take too long. */
const latest = 64 << 20;

/**
 * `log` is told what is done and why. Only the time in which nothing has come counts for the rate, so that one is as fast as the
 * other end and not as what is done with the bytes here.
 */
export function createPace(compression: Compression | undefined, log: (line: string) => void): Pace {
  let compress: Pace['compress'] = compression?.always === true ? compression.tool : 'none';
  let isDecided = compression === undefined || compression.always;
  let wanted: Pace['wanted'];
  let [total, bytes, waited] = [0, 0, 0];
  /** Bytes per second, in the last look and before it was compressed. */
  let [former, plain] = [0, 0];
  if (compression?.always === true) log(`compressing what comes down with ${compression.tool}: as told`);

  function consider(tool: CompressionTool, rate: number, chunk: Buffer): void {
    if (total > latest) isDecided = true;
    const isSteady = rate <= former * steady;
    former = rate;
    if (!isSteady || !mayPay(tool, rate)) return;
    const ratio = estimateRatio(chunk);
    if (!pays(tool, rate, ratio)) return;
    plain = rate;
    wanted = tool;
    log(`compressing what comes down with ${tool}: ${describeGain(rate, ratio)}`);
  }

  function judge(rate: number): void {
    isDecided = true;
    if (rate >= plain) return;
    wanted = 'none';
    log('what comes down is not compressed any more: it comes slower than before');
  }

  return {
    get compress() {
      return compress;
    },
    get wanted() {
      return wanted;
    },
    note(chunk, waitedMs) {
      if (isDecided || compression === undefined) return;
      total += chunk.length;
      bytes += chunk.length;
      waited += waitedMs;
      if (bytes < most && (bytes < least || waited < longestMs)) return;
      const rate = (bytes / waited) * 1000;
      [bytes, waited] = [0, 0];
      if (compress === 'none') consider(compression.tool, rate, chunk);
      else judge(rate);
    },
    changed(isDone) {
      if (isDone) compress = wanted ?? compress;
      else isDecided = true;
      wanted = undefined;
      [bytes, waited] = [0, 0];
    },
  };
}
