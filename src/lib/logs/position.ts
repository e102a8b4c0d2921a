import type { LogLine, Span } from './line.ts';
import { compareMoments, formatSecond, parseMoment, type Moment } from './timestamp.ts';

/**
 * How far a log was read, so that it can be opened again without a line lost or repeated.
 *
 * The API server cuts `sinceTime` to whole seconds and lines need not be in the order of their timestamps (stdout and
 * stderr are read by two threads of the runtime), so the log is asked for from a second before the last one on, and of what
 * comes exactly those lines are dropped that were seen: by timestamp, each as often as it was seen.
 */
export interface Position {
  /** Notes a line that was given on. Of pieces only the last counts. */
  take(line: LogLine): void;
  /** The timestamp of the latest line; undefined: there was none. */
  readonly last: string | undefined;
  /**
   * The timestamp of a line that came after much later ones: the clock of the node was set back. A server that is asked for later
   * lines leaves out such as it. Undefined: there is none, or the clock has caught up.
   */
  readonly behind: string | undefined;
  /** What `sinceTime` to ask for; undefined: no line was seen. */
  readonly since: string | undefined;
  /** For the lines of a log that was opened with `since`: says which are new. */
  resume(): Resumption;
}

export interface Resumption {
  isNew(line: LogLine): boolean;
  /**
   * False when the log does not begin with lines that were seen: it was rotated, and lines between may be gone. Undefined
   * until the first line came.
   */
  readonly continues: boolean | undefined;
}

/** The seen lines of a second, by nanoseconds. */
interface Seen {
  readonly second: number;
  readonly nanos: number[];
}

/** A position before the first line. `isPart`: what is older than the first line that comes was not asked for. */
export function createPosition(isPart: boolean): Position {
  let first: Moment | undefined;
  let last: string | undefined;
  /** Of `last`, where that is within the current second and has the usual form: it is made of this when it is asked for. */
  let lastNano = -1;
  let current: Seen | undefined;
  let former: Seen | undefined;
  let behind: string | undefined;
  // Most lines come within the second of the line before them: its bytes are compared, and nothing is parsed.
  let prefix = '';
  let prefixBytes = Buffer.alloc(0);

  const isInCurrentSecond = (at: string): boolean => at.startsWith(prefix) && isUsual(at);
  const momentOf = (at: string): Moment | undefined =>
    current !== undefined && prefix !== '' && isInCurrentSecond(at)
      ? { second: current.second, nano: Number(at.slice(20, 29)) }
      : parseMoment(at);

  const latest = (): string | undefined => (lastNano < 0 ? last : `${prefix}${String(lastNano).padStart(9, '0')}Z`);

  return {
    take(line) {
      if (line.end === 'piece') return;
      const nano = lastNano < 0 || line.span === undefined ? -1 : nanoWithin(line.span, prefixBytes);
      if (nano >= 0 && current !== undefined) {
        current.nanos.push(nano);
        if (nano > lastNano) lastNano = nano;
        return;
      }
      const { at } = line;
      const moment = parseMoment(at);
      if (moment === undefined) return;
      first ??= moment;
      if (current === undefined || moment.second > current.second) {
        former = current?.second === moment.second - 1 ? current : undefined;
        current = { second: moment.second, nanos: [] };
        prefix = isUsual(at) ? at.slice(0, 20) : '';
        prefixBytes = Buffer.from(prefix);
        [last, lastNano] = [at, prefix === '' ? -1 : moment.nano];
        behind = undefined;
      }
      if (moment.second === current.second) {
        current.nanos.push(moment.nano);
        const known = latest();
        if (known === undefined || compareMoments(parseMoment(known) ?? moment, moment) < 0) {
          [last, lastNano] = [at, prefix !== '' && isInCurrentSecond(at) ? moment.nano : -1];
        }
      } else if (moment.second === current.second - 1) {
        former ??= { second: moment.second, nanos: [] };
        former.nanos.push(moment.nano);
      } else behind = at;
    },
    get last() {
      return latest();
    },
    get behind() {
      return behind;
    },
    get since() {
      return current === undefined ? undefined : formatSecond(current.second - 1);
    },
    resume() {
      const seen = new Map<number, Map<number, number>>();
      for (const each of [former, current]) {
        if (each === undefined) continue;
        const counts = new Map<number, number>();
        for (const nano of each.nanos) counts.set(nano, (counts.get(nano) ?? 0) + 1);
        seen.set(each.second, counts);
      }
      const begin = isPart ? first : undefined;
      const earliest = (current?.second ?? 0) - 1;
      let continues: boolean | undefined;
      return {
        isNew(line) {
          const moment = momentOf(line.at);
          if (moment === undefined) return true;
          if (begin !== undefined && compareMoments(moment, begin) < 0) return false;
          if (moment.second < earliest) return false;
          const counts = seen.get(moment.second);
          const count = counts?.get(moment.nano) ?? 0;
          continues ??= count > 0;
          if (count === 0) return true;
          if (line.end !== 'piece') counts?.set(moment.nano, count - 1);
          return false;
        },
        get continues() {
          return continues;
        },
      };
    },
  };
}

/** Whether a timestamp has the usual form: nine digits of a second, and a `Z`. */
function isUsual(at: string): boolean {
  return at.length === 30 && at.endsWith('Z');
}

/** The nanoseconds of the timestamp before a line, if that begins so and has nine digits and a `Z` behind; else -1. */
function nanoWithin({ whole, from }: Span, begin: Buffer): number {
  const start = from - 31;
  for (let at = 0; at < begin.length; at++) if (whole[start + at] !== begin[at]) return -1;
  let nano = 0;
  for (let at = start + begin.length; at < from - 2; at++) {
    const digit = (whole[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    nano = nano * 10 + digit;
  }
  return nano;
}
