import { sizeOf, type LogBatch, type LogLine } from './line.ts';
import { compareMoments, parseMoment, type Moment } from './timestamp.ts';

/** Which lines of a log are wanted, besides what the server leaves out. */
export interface LineLimits {
  /** Only lines up to this time, and then the end. */
  readonly until?: Moment | undefined;
  /** The first so many lines. */
  readonly head?: number | undefined;
  /** The last so many lines before `until`, where the server cannot count them. */
  readonly tail?: number | undefined;
  /** So many bytes, line feeds included, as `size` says how many a line is shown with. */
  readonly bytes?: number | undefined;
}

/** How many bytes a line is shown with; `isRest`: it goes on with a line that came in pieces. */
export type LineSize = (line: LogLine, isRest: boolean) => number;

/** stdout and stderr of a container may be a little out of order: a log is over when lines are later than this. */
const disorder = 1;

/** The lines of a log within limits. Ends the log as soon as nothing more can come. */
export async function* limitLines(
  log: AsyncIterable<LogBatch, undefined>,
  { until, head, tail, bytes }: LineLimits,
  size: LineSize,
): AsyncGenerator<LogBatch, undefined> {
  if (head === 0 || tail === 0 || bytes === 0) return;
  let lines = until === undefined ? log : takeUntil(log, until);
  if (tail !== undefined) lines = takeLast(lines, tail);
  if (head !== undefined) lines = takeFirst(lines, head);
  yield* bytes === undefined ? lines : takeBytes(lines, bytes, size);
}

async function* takeUntil(log: AsyncIterable<LogBatch, undefined>, until: Moment): AsyncGenerator<LogBatch, undefined> {
  const end = { second: until.second + disorder, nano: until.nano };
  for await (const batch of log) {
    const moments = batch.map(({ at }) => parseMoment(at));
    const wanted = batch.filter((_, index) => compareMoments(moments[index] ?? until, until) <= 0);
    if (wanted.length > 0) yield wanted;
    if (moments.some((moment) => moment !== undefined && compareMoments(moment, end) > 0)) return;
  }
}

/** Whole lines are counted: pieces belong to the line that they end with. */
async function* takeFirst(log: AsyncIterable<LogBatch, undefined>, count: number): AsyncGenerator<LogBatch, undefined> {
  let left = count;
  for await (const batch of log) {
    let end = 0;
    while (end < batch.length && left > 0) if (batch[end++]?.end !== 'piece') left -= 1;
    yield batch.slice(0, end);
    if (left === 0) return;
  }
}

async function* takeLast(log: AsyncIterable<LogBatch, undefined>, count: number): AsyncGenerator<LogBatch, undefined> {
  let kept: LogLine[] = [];
  let whole = 0;
  for await (const batch of log) {
    kept.push(...batch);
    whole += batch.filter(({ end }) => end !== 'piece').length;
    if (whole < 2 * count + 1000) continue;
    kept = lastLines(kept, count);
    whole = count;
  }
  kept = lastLines(kept, count);
  if (kept.length > 0) yield kept;
}

function lastLines(lines: readonly LogLine[], count: number): LogLine[] {
  let left = count;
  let begin = lines.length;
  while (begin > 0 && (left > 0 || lines[begin - 1]?.end === 'piece')) {
    begin -= 1;
    if (lines[begin]?.end !== 'piece') left -= 1;
  }
  return lines.slice(begin);
}

async function* takeBytes(
  log: AsyncIterable<LogBatch, undefined>,
  limit: number,
  size: LineSize,
): AsyncGenerator<LogBatch, undefined> {
  let left = limit;
  let isRest = false;
  for await (const batch of log) {
    const wanted: LogLine[] = [];
    for (const line of batch) {
      const excess = size(line, isRest) - left;
      isRest = line.end === 'piece';
      left = -excess;
      if (excess <= 0) wanted.push(line);
      else wanted.push(cutShort(line, Math.max(0, sizeOf(line) - excess + (line.end === 'line-feed' ? 1 : 0))));
      if (excess >= 0) break;
    }
    if (wanted.length > 0) yield wanted;
    if (left <= 0) return;
  }
}

function cutShort({ source, at, bytes, stream }: LogLine, size: number): LogLine {
  return { source, at, bytes: bytes.subarray(0, size), end: 'nothing', stream };
}
