import {
  compressWhole,
  describeGain,
  estimateRatio,
  leastShrinking,
  mayPay,
  pays,
  steady,
  type Compression,
} from '../compression.ts';

/** A payload as one whole member of gzip or zstd. */
export interface Packed {
  /** The words that tell the receiver what to unpack it with, and how long it is. */
  readonly words: string;
  readonly bytes: Buffer;
}

/** A payload that was stored. */
export interface Stored {
  readonly plain: number;
  /** Bytes that were sent for it. */
  readonly sent: number;
  /** Since it was sent, or, when that was later, since what was sent before it was stored. */
  readonly ms: number;
}

/** Decides for each payload whether it is compressed. */
export interface Packing {
  /** The payload compressed; undefined: to be sent as it is. */
  pack(pieces: readonly Buffer[]): Promise<Packed | undefined>;
  /** False while that waits for the rate of the connection, which is known when some payloads were stored. */
  readonly isReady: boolean;
  /** Whether the last payload was compressed: there are two of each then, and each had better be smaller. */
  readonly isPacking: boolean;
  note(stored: Stored): void;
  /** The container could not unpack what it got: nothing more is compressed. */
  giveUp(): void;
}

const block = 64 * 1024;
/** What is smaller is a matter of round trips. */
const leastPacked = 4096;
/** A rate is one of commands that are not much shorter than their answer takes. */
const leastRated = 32 * 1024;
/** A connection that is still getting faster is judged after so many commands. */
const mostUnsteady = 12;
/** So many compressed commands show what compressing gives. */
const enough = 3;

/** `log` is told what is done and why. */
export function createPacking(compression: Compression | undefined, log: (line: string) => void): Packing {
  /** Bytes per second: of the connection, of files sent as they are and compressed, and of this machine when it compresses. */
  let [wire, plainly, packedly]: (number | undefined)[] = [];
  let ownSpeed: number | undefined;
  let [commands, packedCommands] = [0, 0];
  let isSteady = false;
  let isPacking = false;
  let told = false;
  let stopped = compression === undefined;

  async function packWith({ tool, always }: Compression, pieces: readonly Buffer[]): Promise<Packed | undefined> {
    const rate = isSteady ? (wire ?? Infinity) : Infinity;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length < leastPacked || !(always || mayPay(tool, rate, ownSpeed))) return undefined;
    const plain = Buffer.concat(pieces, length);
    const ratio = estimateRatio(plain);
    if (always ? ratio > leastShrinking : !pays(tool, rate, ratio, ownSpeed)) return undefined;
    const begin = performance.now();
    const bytes = await compressWhole(plain, tool);
    ownSpeed = mix(ownSpeed, (length / (performance.now() - begin)) * 1000);
    if (bytes.length > length * leastShrinking) return undefined;
    if (!told) log(`compressing what goes up with ${tool}: ${always ? 'as told' : describeGain(rate, ratio)}`);
    told = true;
    return { words: `${tool} ${Math.floor(bytes.length / block)} ${bytes.length % block}`, bytes };
  }

  return {
    async pack(pieces) {
      const packed = compression === undefined || stopped ? undefined : await packWith(compression, pieces);
      isPacking = packed !== undefined;
      return packed;
    },
    get isPacking() {
      return isPacking;
    },
    get isReady() {
      return stopped || compression?.always === true || isSteady;
    },
    note({ plain, sent, ms }) {
      if (stopped || compression?.always === true || sent < leastRated || ms <= 0) return;
      const perSecond = 1000 / ms;
      isSteady ||= ++commands > mostUnsteady || sent * perSecond <= (wire ?? 0) * steady;
      wire = isSteady ? mix(wire, sent * perSecond) : sent * perSecond;
      if (sent === plain) plainly = mix(plainly, plain * perSecond);
      else {
        packedly = mix(packedly, plain * perSecond);
        packedCommands++;
      }
      if (packedCommands < enough || plainly === undefined || packedly === undefined || packedly > plainly) return;
      stopped = true;
      log('what goes up is not compressed any more: the container takes it slower than what is not');
    },
    giveUp() {
      if (!stopped) log('what goes up is not compressed any more: the container cannot unpack it');
      stopped = true;
    },
  };
}

/** The latest of a row of values counts for half. */
function mix(former: number | undefined, value: number): number {
  return former === undefined ? value : (former + value) / 2;
}
