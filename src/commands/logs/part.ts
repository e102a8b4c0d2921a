import {
  followLog,
  followTail,
  limitLines,
  sizeOf,
  type FollowRequest,
  type LogBatch,
  type LogLine,
  type LogRequest,
} from '../../lib/logs/index.ts';
import type { LogsOptions } from './options.ts';

/** What the server is asked for. What it cannot do, `limitPart` does. */
export function startOf({
  part,
  insecureSkipTLSVerifyBackend,
}: LogsOptions): Pick<
  LogRequest,
  'tailLines' | 'sinceSeconds' | 'sinceTime' | 'previous' | 'insecureSkipTLSVerifyBackend'
> {
  const { sinceSeconds, sinceTime, previous } = part;
  return {
    sinceSeconds,
    sinceTime,
    previous,
    insecureSkipTLSVerifyBackend,
    tailLines: isTailHere(part) ? undefined : part.tail,
  };
}

/** A server counts lines from the end of a log, and of both streams. */
function isTailHere({ until, stream }: LogsOptions['part']): boolean {
  return until !== undefined || stream !== undefined;
}

/** Follows a log from where the flags say; of one that appears later (`isNew`) all lines are new. */
export function followPart(
  options: LogsOptions,
  request: Omit<FollowRequest, 'start' | 'stream'>,
  isNew: boolean,
): AsyncIterable<LogBatch, undefined> {
  const { tailLines, ...rest } = startOf(options);
  const { part } = options;
  const { stream, until, tail } = part;
  const whole = { ...request, stream, start: isNew ? rest : { ...rest, tailLines } };
  // What is followed without end has no last lines: those that there are now are meant.
  if (until !== undefined || !isTailHere(part)) return limitPart(options, followLog(whole));
  const log = isNew || tail === undefined ? followLog(whole) : followTail(whole, tail);
  return limitPart({ ...options, part: { ...part, tail: undefined } }, log);
}

/** The lines of a log that the flags ask for. */
export function limitPart(
  { part, look }: Pick<LogsOptions, 'part' | 'look'>,
  log: AsyncIterable<LogBatch, undefined>,
): AsyncIterable<LogBatch, undefined> {
  const { until, head, limitBytes } = part;
  const tail = isTailHere(part) ? part.tail : undefined;
  if ([until, head, limitBytes, tail].every((limit) => limit === undefined)) return log;
  // As the kubelet counts: the line feed, and the timestamp where it is shown.
  const size = (line: LogLine, isRest: boolean): number =>
    sizeOf(line) +
    (line.end === 'line-feed' ? 1 : 0) +
    (look.timestamps === undefined || isRest ? 0 : line.at.length + 1);
  return limitLines(log, { until, head, bytes: limitBytes, tail }, size);
}
