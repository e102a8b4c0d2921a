import { displayName, type Entry, type Name, type Progress } from '../../lib/copy/index.ts';
import { formatClock } from '../../lib/text/index.ts';
import { formatBytes } from './amounts.ts';

/** What all copies of a command have done so far. */
export interface Tally {
  /** Follows one more copy. `size` is that of a source that is one file; its `label` goes in front of names. */
  follow(label: string, size?: number): Required<Omit<Progress, 'onStopped'>>;
  /** How many copies there will be: until all have begun, the total is not known. */
  expect(copies: number): void;
  /** Bytes of files. */
  readonly bytes: number;
  readonly files: number;
  /** Files, directories and links. */
  readonly entries: number;
  /** One line: bytes, rate, time left, files and the name, no wider than `width`. */
  describe(now: number, width: number): string;
  /** What was done in what time. */
  summarise(now: number): string;
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

/** How far back the rate looks, in milliseconds. */
const rateWindow = 5000;

/** Counts from `began`, which is a time in milliseconds as `performance.now` gives it. */
export function createTally(began: number): Tally {
  let [bytes, files, entries] = [0, 0, 0];
  let [expected, known, total] = [0, 0, 0];
  let current: Name = '';
  let samples: Sample[] = [{ at: began, bytes: 0 }];
  const rateAt = (now: number): number => {
    samples.push({ at: now, bytes });
    const first = samples.findIndex(({ at }) => at >= now - rateWindow);
    samples = samples.slice(Math.max(0, Math.min(first, samples.length - 2)));
    const [oldest = { at: began, bytes: 0 }] = samples;
    return now > oldest.at ? ((bytes - oldest.bytes) * 1000) / (now - oldest.at) : 0;
  };
  return {
    expect: (copies) => {
      expected += copies;
    },
    follow: (label, size) => {
      let pending = size === undefined;
      const learn = (more: number): void => {
        known++;
        total += more;
      };
      if (size !== undefined) learn(size);
      return {
        onEntry: (entry: Entry) => {
          entries++;
          if (entry.kind === 'file') files++;
          if (pending && entry.path === '' && entry.kind === 'file') learn(entry.size);
          pending = false;
          current = entry.path === '' ? label : `${label}/${entry.path}`;
        },
        onBytes: (count) => {
          bytes += count;
        },
        onKept: (count) => {
          total -= count;
        },
      };
    },
    get bytes() {
      return bytes;
    },
    get files() {
      return files;
    },
    get entries() {
      return entries;
    },
    describe: (now, width) => {
      const rate = rateAt(now);
      const isKnown = expected > 0 && known === expected && total > 0;
      const share = Math.min(100, Math.floor((bytes * 100) / Math.max(1, total)));
      const parts = [isKnown ? `${formatBytes(bytes)} of ${formatBytes(total)}  ${share}%` : formatBytes(bytes)];
      parts.push(`${formatBytes(rate)}/s`);
      if (isKnown && rate > 0) parts.push(`${formatClock(Math.max(0, total - bytes) / rate)} left`);
      parts.push(countOf(files));
      const text = parts.join('  ');
      const room = width - text.length - 2;
      const name = displayName(current);
      return current === '' || room < 8 ? cutEnd(text, width) : `${text}  ${cutStart(name, room)}`;
    },
    summarise: (now) => {
      const seconds = (now - began) / 1000;
      const rate = seconds > 0 ? ` (${formatBytes(bytes / seconds)}/s)` : '';
      return `copied ${countOf(files)}, ${formatBytes(bytes)} in ${seconds.toFixed(1)} s${rate}`;
    },
  };
}

function countOf(files: number): string {
  return files === 1 ? '1 file' : `${files} files`;
}

function cutEnd(text: string, width: number): string {
  return text.length > width ? text.slice(0, Math.max(0, width)) : text;
}

/** The end of a path tells more than its beginning. */
function cutStart(text: string, width: number): string {
  const characters = Array.from(text);
  let [used, from] = [0, characters.length];
  while (from > 0 && used + columnsOf(characters[from - 1] ?? '') <= width) used += columnsOf(characters[--from] ?? '');
  if (from === 0) return text;
  while (used + 1 > width) used -= columnsOf(characters[from++] ?? '');
  return `…${characters.slice(from).join('')}`;
}

/** Near enough for a line that is cut: two columns for what East Asian Width calls wide, and for pictures. */
function columnsOf(character: string): number {
  if (/\p{Mark}/u.test(character)) return 0;
  const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
  return wide.test(character) || /\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/u.test(character) ? 2 : 1;
}
