import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { ApiClient } from '../kube/index.ts';
import { KxError } from '../errors/index.ts';
import { createBackOff } from './back-off.ts';
import { isUnknown, mayPass, toLost } from './failures.ts';
import { openLog, type LogRequest, type LogTarget } from './request.ts';

/** A log to be passed on as it is. */
export interface CopyRequest {
  readonly api: ApiClient;
  readonly target: LogTarget;
  readonly request: Pick<LogRequest, 'timestamps' | 'previous' | 'limitBytes' | 'insecureSkipTLSVerifyBackend'>;
  readonly signal: AbortSignal;
}

/** How often a log is opened again that breaks off. */
const tries = 5;
/** So many of the last bytes are kept, to know the place again. */
const keptBytes = 64 << 10;
/** So many of the last lines tell whether a log ends where it seems to. */
const tailLines = 20;
/** A log of equal lines that grows never ends twice at the same place. */
const mostEnds = 3;
/** The kubelet sends a short log at once: only the end of a longer one is worth a question. */
const short = { bytes: 64 << 10, milliseconds: 1000 };

/**
 * Writes the bytes of a whole log, as they are, to its present end. When the connection is lost the log is read again and
 * what was written is left out, as long as it is the same. An API server ends the stream in good order also when its own
 * connection to the kubelet breaks: so what is not short must end as the last line that the kubelet has.
 *
 * Rejects with KX_CONNECTION_LOST when the end cannot be reached, else as ApiClient.stream does. Ends early, without an
 * error, when nobody reads `output` any more.
 */
export async function copyLog({ api, target, request, signal }: CopyRequest, output: Writable): Promise<void> {
  const backOff = createBackOff(signal);
  const kept = keepLast(keptBytes);
  let written = 0;
  /** Where readings ended whose end could not be proven. */
  const ends: number[] = [];

  /** Passes over what was written already. */
  const skipper = (): ((chunk: Buffer) => Buffer) => {
    let left = written;
    const known = kept.bytes();
    return (chunk) => {
      if (left === 0) return chunk;
      const old = chunk.subarray(0, left);
      const begin = known.length - left;
      const expected = known.subarray(Math.max(0, begin), Math.max(0, begin + old.length));
      if (!old.subarray(old.length - expected.length).equals(expected)) throw rotatedAway(target);
      left -= old.length;
      return chunk.subarray(old.length);
    };
  };

  async function copyOn(): Promise<void> {
    const beganAt = performance.now();
    const skip = skipper();
    const body = await openLog(api, target, request, signal);
    for await (const chunk of body) {
      const fresh = skip(chunk as Buffer);
      if (fresh.length === 0) continue;
      written += fresh.length;
      kept.add(fresh);
      if (output.errored !== null) return;
      if (!output.write(fresh)) await drained(output);
    }
    if (output.errored !== null || written === request.limitBytes) return;
    const elapsed = performance.now() - beganAt;
    if (written < short.bytes && elapsed < short.milliseconds) return;
    if (!(await isComplete(elapsed))) throw cutOff(target);
  }

  /** Whether the log ends where the copy does, or what was copied goes into the time of the copy. */
  async function isComplete(elapsed: number): Promise<boolean> {
    const known = kept.bytes();
    const { previous, insecureSkipTLSVerifyBackend, timestamps } = request;
    const same = { previous, insecureSkipTLSVerifyBackend };
    const placeOf = async (lines: number): Promise<'nowhere' | 'once' | 'often'> => {
      const last: Buffer[] = [];
      for await (const chunk of await openLog(api, target, { ...same, timestamps, tailLines: lines }, signal)) {
        last.push(chunk as Buffer);
      }
      const end = withoutPart(Buffer.concat(last), timestamps === true).subarray(-keptBytes / 2);
      const found = known.indexOf(end);
      return found < 0 ? 'nowhere' : found === known.lastIndexOf(end) ? 'once' : 'often';
    };
    const place = await placeOf(tailLines);
    if (place === 'once') return true;
    if (place === 'often') {
      // Equal lines tell nothing of the place: more of them may reach back to one that is different. Where all are the
      // same, two readings that end at the same place do.
      const isKnown = (await placeOf(countLines(known.subarray(-keptBytes / 2)))) === 'once';
      return isKnown || ends.includes(written) || ends.push(written) > mostEnds;
    }
    const sinceSeconds = Math.ceil(elapsed / 1000) + 1;
    const recent = await openLog(api, target, { ...same, timestamps, sinceSeconds }, signal);
    return contains(recent, lastLines(known));
  }

  /** A kubelet that has just started does not know what it knew before. */
  const canPass = (error: unknown): boolean => mayPass(error) || (isUnknown(error) && written > 0);

  for (let failures = 1; ; failures++) {
    const before = written;
    try {
      await copyOn();
      return;
    } catch (thrown) {
      signal.throwIfAborted();
      const error: KxError = toLost(thrown, `the log of ${target.pod}`);
      if (written > before) failures = 1;
      if (!canPass(error)) throw error;
      if (failures > tries) throw asIncomplete(error, written);
      await backOff.wait();
    }
  }
}

interface LastBytes {
  add(chunk: Buffer): void;
  bytes(): Buffer;
}

function keepLast(count: number): LastBytes {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      while (chunks[0] !== undefined && size - chunks[0].length >= count) size -= chunks.shift()?.length ?? 0;
    },
    bytes() {
      const whole = Buffer.concat(chunks);
      return whole.subarray(Math.max(0, whole.length - count));
    },
  };
}

/** The first of these lines may be the rest of a long one, with a timestamp of its own. */
function withoutPart(lines: Buffer, hasTimestamps: boolean): Buffer {
  if (!hasTimestamps) return lines;
  const first = lines.indexOf(10) + 1;
  return lines.subarray(first > 0 && first < lines.length ? first : lines.indexOf(32) + 1);
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

/** The last lines, some 2 KiB of them. */
function lastLines(bytes: Buffer): Buffer {
  const before = bytes.lastIndexOf(10, Math.max(0, bytes.length - 2048));
  return bytes.subarray(before + 1);
}

async function contains(body: NodeJS.ReadableStream, wanted: Buffer): Promise<boolean> {
  let rest = Buffer.alloc(0);
  for await (const chunk of body) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    if (bytes.includes(wanted)) return true;
    rest = bytes.subarray(Math.max(0, bytes.length - wanted.length));
  }
  return false;
}

/** Resolves when the output takes more, or nobody reads it any more. */
async function drained(output: Writable): Promise<void> {
  await once(output, 'drain').catch(() => {});
}

function rotatedAway({ pod }: LogTarget): KxError {
  const message = `the log of ${pod} was rotated while the connection was lost`;
  const hint = 'what came before is a part of the log only';
  return new KxError('KX_CONNECTION_LOST', message, { ran: 'yes', details: { final: 'true' }, hint });
}

function cutOff({ pod }: LogTarget): KxError {
  return new KxError('KX_CONNECTION_LOST', `the log of ${pod} broke off before its end`, { ran: 'yes' });
}

function asIncomplete(error: KxError, written: number): KxError {
  if (written === 0) return error;
  const hint = `${written} bytes came; there may be more`;
  return new KxError('KX_CONNECTION_LOST', error.message, { ran: 'yes', cause: error, hint });
}
