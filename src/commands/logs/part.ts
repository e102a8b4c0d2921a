import { limitLines, type LogBatch, type LogLine, type LogRequest } from '../../lib/logs/index.ts';
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

/** Whether the flags leave something out that the server does not. */
export function hasLimits({ part }: LogsOptions): boolean {
  const { until, head, limitBytes } = part;
  return (
    until !== undefined ||
    head !== undefined ||
    limitBytes !== undefined ||
    (isTailHere(part) && part.tail !== undefined)
  );
}

/** The lines of a log that the flags ask for. */
export function limitPart(
  options: LogsOptions,
  log: AsyncIterable<LogBatch, undefined>,
): AsyncIterable<LogBatch, undefined> {
  if (!hasLimits(options)) return log;
  const { part, look } = options;
  const { until, head, limitBytes } = part;
  // As the kubelet counts: the line feed, and the timestamp where it is shown.
  const size = ({ at, bytes, end }: LogLine, isRest: boolean): number =>
    bytes.length + (end === 'line-feed' ? 1 : 0) + (look.timestamps === undefined || isRest ? 0 : at.length + 1);
  return limitLines(log, { until, head, bytes: limitBytes, tail: isTailHere(part) ? part.tail : undefined }, size);
}
