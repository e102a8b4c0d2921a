import { Readable, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { KxError } from '../../lib/errors/index.ts';
import type { Launch } from '../../lib/fanout/index.ts';
import type { ExecRequest } from '../../lib/process/index.ts';
import type { Target } from '../../lib/target/index.ts';
import { runSession } from '../exec/session.ts';
import { startCommand, wrapping, type Started } from '../exec/start.ts';
import { startTimeLimit } from '../exec/time-limit.ts';
import type { Broadcast } from './broadcast.ts';
import type { FanoutExecOptions } from './options.ts';
import { fillWords } from './placeholders.ts';
import type { Script } from './script.ts';
import type { Stops } from './stops.ts';
import type { ExecTarget } from './targets.ts';
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

async function startAndFollow(target: ExecTarget, { index }: Launch, work: Work): Promise<number> {
  const { options, stops } = work;
  const limit = startTimeLimit(options.timeout, stops.givenUp);
  const log = (level: number, line: string): void => work.log(target, level, line);
  const started = await start(target, index, work, limit.signal, log).finally(() => limit.stop());
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

async function start(
  target: ExecTarget,
  index: number,
  work: Work,
  signal: AbortSignal,
  log: (level: number, line: string) => void,
): Promise<Started> {
  const { options, script } = work;
  const stdin = options.stdin || script !== undefined;
  const words = fillWords(options.words, target, index);
  const request: ExecRequest = {
    command: script === undefined ? words : script.command(words),
    stdin,
    tty: null,
    env: options.env,
    ...(options.workdir === undefined ? {} : { cwd: options.workdir }),
  };
  const mode = script === undefined ? wrapping(options, false) : 'must';
  try {
    return await startCommand(
      { transport: target.transport, target: containerOf(target), request, mode, signal },
      { log },
    );
  } catch (error) {
    throw script === undefined ? error : scriptRefused(error);
  }
}

/** The pod was read when it was selected, so that nothing needs to be asked about it again. */
function containerOf({ container: { namespace, pod, uid, container } }: ExecTarget): Target {
  return { namespace, pod, uid, container };
}

function scriptRefused(error: unknown): unknown {
  if (!(error instanceof KxError) || error.code !== 'KX_SHELL_MISSING') return error;
  const { message } = error.cause instanceof KxError ? error.cause : error;
  return new KxError('KX_SHELL_MISSING', `--script cannot be had: ${message}`, {
    ran: 'no',
    cause: error,
    hint: 'nothing was run; a script needs sh and dd in the container',
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
