import { Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { KxError, type KxCode } from '../../lib/errors/index.ts';
import type { Launch } from '../../lib/fanout/index.ts';
import type { ExecRequest } from '../../lib/process/index.ts';
import { runSession } from '../exec/session.ts';
import { wrapping } from '../exec/start.ts';
import { startTimeLimit } from '../exec/time-limit.ts';
import type { Broadcast } from './broadcast.ts';
import type { FanoutExecOptions } from './options.ts';
import { fillerFor } from './placeholders.ts';
import type { Script } from './script.ts';
import type { Stops } from './stops.ts';
import type { Command, ExecTarget, Way } from './exec-target.ts';
import type { TargetStreams } from './view.ts';

/** What all targets of a fan-out share. */
export interface Work {
  readonly options: FanoutExecOptions;
  readonly script: Script | undefined;
  /** Where `-i` was given. */
  readonly input: Broadcast | undefined;
  readonly stops: Stops;
  /** Called once for each command that has started. */
  readonly open: (target: ExecTarget) => TargetStreams;
  /** Called when an output of this side cannot be written; the session ends by itself. */
  readonly fail: (error: unknown) => void;
  readonly log: (target: ExecTarget, level: number, line: string) => void;
}

/** Runs the command on one target and gives its exit code. Rejects as `startCommand` and `runSession` do. */
export async function runOnTarget(target: ExecTarget, launch: Launch, work: Work): Promise<number> {
  try {
    return await startAndFollow(target, launch, work);
  } catch (error) {
    throw work.stops.explain(error);
  }
}

async function startAndFollow(target: ExecTarget, launch: Launch, work: Work): Promise<number> {
  const log = (level: number, line: string): void => work.log(target, level, line);
  const say = (line: string): void => log(0, line);
  const way = await target.open({ signal: work.stops.givenUp, say, log });
  try {
    return await follow(way, target, launch, work, log);
  } finally {
    await way.close();
  }
}

async function follow(
  way: Way,
  target: ExecTarget,
  { index }: Launch,
  work: Work,
  log: (level: number, line: string) => void,
): Promise<number> {
  const { options, stops } = work;
  // The time of a command does not begin before there is something to start it.
  const limit = startTimeLimit(options.timeout, stops.givenUp);
  const command = { ...commandFor(target, index, work), signal: limit.signal, log };
  const started = await way
    .start(command)
    .catch((error: unknown) => {
      throw work.script === undefined ? error : scriptRefused(error, target);
    })
    .finally(() => limit.stop());
  const streams = work.open(target);
  for (const stream of [streams.stdout, streams.stderr]) stream.on('error', work.fail);
  try {
    const local = { stdin: openInput(work), ...streams, detached: new Promise<never>(() => {}) };
    const { code, notes } = await runSession(started, local, limit.left(), { log, takeSignals: stops.takeSignals });
    for (const { level, line } of notes) log(line.startsWith('command terminated') ? 1 : level, line);
    return code;
  } finally {
    await Promise.all([
      endOutput(started.remote.stdout, streams.stdout),
      endOutput(started.remote.stderr, streams.stderr),
    ]);
  }
}

function commandFor(target: ExecTarget, index: number, { options, script }: Work): Pick<Command, 'request' | 'mode'> {
  const fill = fillerFor(target, index);
  const words = options.words.map(fill);
  const request: ExecRequest = {
    command: script === undefined ? words : script.command(words),
    stdin: options.stdin || script !== undefined,
    tty: null,
    env: Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, fill(value)])),
    ...(options.workdir === undefined ? {} : { cwd: options.workdir }),
  };
  return { request, mode: script === undefined ? wrapping(options, false) : 'must' };
}

/** What starts a script is `sh`: where that is missing nothing has run. */
function scriptRefused(error: unknown, { kind }: ExecTarget): unknown {
  const codes: readonly KxCode[] = kind === 'node' ? ['KX_COMMAND_NOT_FOUND'] : ['KX_SHELL_MISSING'];
  if (!(error instanceof KxError) || !codes.includes(error.code)) return error;
  const { message } = error.cause instanceof KxError ? error.cause : error;
  const needs = 'nothing was run; a script needs sh and dd';
  return new KxError('KX_SHELL_MISSING', `--script cannot be had: ${message}`, {
    ran: 'no',
    cause: error,
    hint: kind === 'node' ? `${needs} on the host, or --tools IMAGE` : `${needs} in the container`,
  });
}

function openInput({ script, input }: Work): Readable | null {
  if (script === undefined) return input?.open() ?? null;
  if (input === undefined) return Readable.from([script.bytes]);
  return Readable.from(
    (async function* () {
      yield script.bytes;
      yield* input.open();
    })(),
    { objectMode: false },
  );
}

/** Takes what has come, and no more. */
async function endOutput(source: Readable | null, destination: Writable): Promise<void> {
  source?.unpipe(destination);
  if (source?.readableEnded === false) source.destroy();
  if (destination.destroyed) return;
  destination.end();
  await finished(destination).catch(() => {});
}
