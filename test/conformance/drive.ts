import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { KxError, type KxCode } from '../../src/lib/errors/index.ts';
import { collect, type Collected, type ExecRequest, type RemoteProcess } from '../../src/lib/process/index.ts';
import type { Place } from './environment.ts';

type Options = Partial<Omit<ExecRequest, 'command'>> & { readonly signal?: AbortSignal };

/** Starts a command at a place. */
export function startAt(place: Place, command: readonly string[], options: Options = {}): Promise<RemoteProcess> {
  const { signal, ...rest } = options;
  return place.transport.exec(place.target, { stdin: false, tty: null, ...rest, command }, signal);
}

/** Runs a command to its end; `input` becomes its whole stdin. */
export async function runAt(
  place: Place,
  command: readonly string[],
  input?: string | Uint8Array,
  options: Options = {},
): Promise<Collected> {
  const remote = await startAt(place, command, { stdin: input !== undefined, ...options });
  // What the command does not take shows in its ending.
  remote.stdin?.on('error', () => {});
  remote.stdin?.end(input);
  return collect(remote);
}

/** Runs a script of sh to its end. */
export function runScript(place: Place, script: string, input?: string | Uint8Array): Promise<Collected> {
  return runAt(place, ['sh', '-c', script], input);
}

/** Asserts that a KxError with one of the codes comes, and gives it. */
export async function expectError(failing: Promise<unknown>, ...codes: readonly KxCode[]): Promise<KxError> {
  const settled = await failing.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in settled)) assert.fail(`expected ${codes.join(' or ')}, but it succeeded: ${show(settled.value)}`);
  const { error } = settled;
  assert.ok(
    error instanceof KxError,
    `expected a KxError, got ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
  );
  assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`);
  assert.ok(error.message.length > 0 && !error.message.includes('\n'), `not one line: ${error.message}`);
  return error;
}

/** A digest to compare large contents by. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads until the text appears, then leaves the stream paused where it is. */
export async function readUntil(stream: Readable, text: string): Promise<string> {
  let seen = '';
  return new Promise((found, failed) => {
    const stop = () => {
      stream.off('data', look).off('end', early).off('error', failed);
      stream.pause();
    };
    const look = (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (!seen.includes(text)) return;
      stop();
      found(seen);
    };
    const early = () =>
      failed(new Error(`ended without ${JSON.stringify(text)}: ${JSON.stringify(seen.slice(0, 2000))}`));
    stream.on('data', look).once('end', early).once('error', failed);
    stream.resume();
  });
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('status' in value)) return JSON.stringify(value);
  const { status, stdout, stderr } = value as Collected;
  return `code ${status.code} (${status.reason}), stdout ${JSON.stringify(stdout.toString().slice(0, 300))}, stderr ${JSON.stringify(stderr.toString().slice(0, 300))}`;
}
