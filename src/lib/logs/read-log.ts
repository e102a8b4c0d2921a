import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { createBackOff } from './back-off.ts';
import { isUnknown, mayPass } from './failures.ts';
import { sizeOf, type LogBatch, type LogLine, type LogSource, type OutputStream } from './line.ts';
import { createPosition } from './position.ts';
import { readLines } from './read-lines.ts';
import { isPart, openLog, type LogRequest, type LogTarget } from './request.ts';
import { compareTimestamps } from './timestamp.ts';

/** What to read, to the end that it has now. */
export interface ReadRequest {
  readonly api: ApiClient;
  readonly target: LogTarget;
  readonly source: LogSource;
  readonly start: Pick<
    LogRequest,
    'tailLines' | 'sinceSeconds' | 'sinceTime' | 'previous' | 'insecureSkipTLSVerifyBackend'
  >;
  readonly stream?: OutputStream | undefined;
  readonly signal: AbortSignal;
}

/** How often in a row a log is opened again that breaks off before it gave anything new. */
const tries = 5;
/** The kubelet sends a short log at once: only the end of a longer one is worth a question. Bytes and milliseconds. */
const short = { bytes: 64 << 10, milliseconds: 1000 };

/**
 * The lines of a log up to its present end. A lost connection is made again and the log goes on where it was. An API
 * server ends the stream in good order also when its own connection to the kubelet breaks: so the end of what is not short
 * is compared with the last line that the kubelet has.
 *
 * Rejects with KX_CONNECTION_LOST when the end cannot be reached, else as ApiClient.stream does.
 */
export async function* readLog(request: ReadRequest): AsyncGenerator<LogBatch, undefined> {
  const { api, target, source, start, stream, signal } = request;
  const { previous, insecureSkipTLSVerifyBackend } = start;
  const always = { timestamps: true, previous, insecureSkipTLSVerifyBackend, stream };
  const position = createPosition(isPart(start));
  const backOff = createBackOff(signal);
  let skip: { readonly at: string; readonly given: number } | undefined;
  /** The last line that the kubelet has, and how far was read when that was asked. */
  let asked: { readonly end: string | undefined; readonly position: string | undefined } | undefined;

  async function lastTimestamp(): Promise<string | undefined> {
    const body = await openLog(api, target, { ...always, tailLines: 1 }, signal);
    let last: string | undefined;
    for await (const lines of readLines(body, { source, isFollowed: false })) last = lines.at(-1)?.at;
    return last;
  }

  /** Whether what was read is all. */
  async function isComplete(last: string | undefined, bytes: number, beganAt: number): Promise<boolean> {
    const isShort = bytes < short.bytes && performance.now() - beganAt < short.milliseconds;
    // The API does not count the lines of one stream.
    if (stream !== undefined || (isShort && asked === undefined)) return true;
    const before = asked;
    asked = { end: before?.end ?? (await lastTimestamp()), position: last };
    if (asked.end === undefined || compareTimestamps(last ?? '', asked.end) >= 0) return true;
    // The last record of a long line is younger than the line, and a log that ends twice at the same place ends there.
    return before !== undefined && before.position === last;
  }

  async function* readOn(): AsyncGenerator<LogBatch, undefined> {
    const beganAt = performance.now();
    const { since, behind } = position;
    if (behind !== undefined) throw setBack(source);
    const resumption = since === undefined ? undefined : position.resume();
    const begins = since === undefined ? start : { sinceTime: since };
    const body = await openLog(api, target, { ...begins, ...always }, signal);
    const onOpenLine = (open: typeof skip): void => void (skip = open);
    let held: LogLine | undefined;
    let bytes = 0;
    for await (const batch of readLines(body, { source, stream, skip, isFollowed: false, onOpenLine })) {
      const fresh = resumption === undefined ? [...batch] : batch.filter((line) => resumption.isNew(line));
      if (resumption?.continues === false) throw rotatedAway(source, position.last);
      // What has no line feed is the end of the log, or of a stream that was cut.
      if (fresh.at(-1)?.end === 'nothing') held = fresh.pop();
      for (const line of fresh) {
        position.take(line);
        bytes += sizeOf(line);
      }
      backOff.reset();
      if (fresh.length > 0) yield fresh;
    }
    if (!(await isComplete(held?.at ?? position.last, bytes, beganAt))) throw cutOff(source);
    if (held !== undefined) yield [held];
  }

  for (let failures = 1; ; failures++) {
    const before = position.last;
    try {
      yield* readOn();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (position.last !== before) failures = 1;
      // A kubelet that has just started does not know what it knew before.
      if (!mayPass(error) && !(isUnknown(error) && position.last !== undefined)) throw error;
      if (failures > tries) throw asIncomplete(error, position.last);
      await backOff.wait();
    }
  }
}

function cutOff({ pod }: LogSource): KxError {
  return new KxError('KX_CONNECTION_LOST', `the log of ${pod} broke off before its end`, { ran: 'yes' });
}

function setBack({ pod }: LogSource): KxError {
  const message = `the connection was lost while reading the log of ${pod}, and it cannot go on: the clock of its node was set back`;
  const hint = 'what came before is a part of the log only';
  return new KxError('KX_CONNECTION_LOST', message, { ran: 'yes', details: { final: 'true' }, hint });
}

function rotatedAway(source: LogSource, last: string | undefined): KxError {
  const message = `the log of ${source.pod} was rotated while the connection was lost`;
  return new KxError('KX_CONNECTION_LOST', message, {
    ran: 'yes',
    details: { final: 'true' },
    hint: `lines after ${last ?? 'the beginning'} are missing`,
  });
}

function asIncomplete(error: KxError, last: string | undefined): KxError {
  if (last === undefined) return error;
  return new KxError('KX_CONNECTION_LOST', error.message, {
    ran: 'yes',
    cause: error,
    hint: `the log was read up to ${last}; there may be more`,
  });
}
