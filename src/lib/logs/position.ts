import type { LogLine } from './line.ts';
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

/** The timestamps of the seen lines of a second. */
interface Seen {
  readonly second: number;
  readonly at: string[];
}

/** A position before the first line. `isPart`: what is older than the first line that comes was not asked for. */
export function createPosition(isPart: boolean): Position {
  let first: Moment | undefined;
  let last: string | undefined;
  let current: Seen | undefined;
  let former: Seen | undefined;
  // Most lines come within the second of the line before them: its text is compared, not parsed.
  let prefix = '';

  const isInCurrentSecond = (at: string): boolean => at.startsWith(prefix) && at.length === 30 && at.endsWith('Z');
  const momentOf = (at: string): Moment | undefined =>
    current !== undefined && prefix !== '' && isInCurrentSecond(at)
      ? { second: current.second, nano: Number(at.slice(20, 29)) }
      : parseMoment(at);

  return {
    take({ at, end }) {
      if (end === 'piece') return;
      if (current !== undefined && prefix !== '' && isInCurrentSecond(at)) {
        current.at.push(at);
        if (last === undefined || at > last || last.length !== at.length) last = at;
        return;
      }
      const moment = parseMoment(at);
      if (moment === undefined) return;
      first ??= moment;
      if (current === undefined || moment.second > current.second) {
        former = current?.second === moment.second - 1 ? current : undefined;
        current = { second: moment.second, at: [] };
        prefix = at.length === 30 && at.endsWith('Z') ? at.slice(0, 20) : '';
        last = at;
      }
      if (moment.second === current.second) {
        current.at.push(at);
        if (last === undefined || compareMoments(parseMoment(last) ?? moment, moment) < 0) last = at;
      } else if (moment.second === current.second - 1) {
        former ??= { second: moment.second, at: [] };
        former.at.push(at);
      }
    },
    get last() {
      return last;
    },
    get since() {
      return current === undefined ? undefined : formatSecond(current.second - 1);
    },
    resume() {
      const seen = new Map<number, Map<number, number>>();
      for (const each of [former, current]) {
        if (each === undefined) continue;
        const counts = new Map<number, number>();
        for (const at of each.at) {
          const { nano = 0 } = momentOf(at) ?? {};
          counts.set(nano, (counts.get(nano) ?? 0) + 1);
        }
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
