import { readFileSync } from 'node:fs';
import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import type { ExecRequest } from '../../lib/process/index.ts';
import {
  parseReference,
  referenceFromManifest,
  resolveTarget,
  type ManifestReference,
  type Target,
} from '../../lib/target/index.ts';
import { isTerminal, print, printError, terminalSize, withRawMode } from '../../lib/terminal/index.ts';
import { apiserverTransport, targetingTransport } from '../../lib/transport/index.ts';
import { describePlan } from './describe-plan.ts';
import { openLocalStreams, usualSize } from './local-streams.ts';
import type { ExecOptions } from './options.ts';
import { runSession, timeIsOver, type SessionEnd } from './session.ts';
import { startCommand, wrapping } from './start.ts';

/** Runs a command in a container and gives its exit code. */
export async function runExec(options: ExecOptions, context: CommandContext): Promise<number> {
  const say = (line: string): void => printError(`${line}\n`);
  const began = performance.now();
  const timeout = options.timeout === undefined ? undefined : new AbortController();
  const timer = timeout && setTimeout(() => timeout.abort(timeIsOver()), options.timeout);
  const signal = timeout === undefined ? context.signal : AbortSignal.any([context.signal, timeout.signal]);
  const request = requestOf(options, say);
  const mode = wrapping(options, request.tty !== null);
  const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
  const target = await findTarget(api, options, signal, say);
  const transport = targetingTransport(apiserverTransport(api), api, options.quiet, say);
  if (options.dryRun) {
    clearTimeout(timer);
    print(describePlan({ api, target, transport, request, mode }));
    return 0;
  }
  context.log(1, `transport ${transport.name}: ${api.server} is the only way that is set`);
  const local = await openLocalStreams(request, options);
  try {
    const started = await startCommand({ transport, target, request, mode, signal }, context);
    clearTimeout(timer);
    local.follow(started.remote);
    const timeLeft = options.timeout === undefined ? undefined : options.timeout - (performance.now() - began);
    const session = (): Promise<SessionEnd> => runSession(started, local, timeLeft, context);
    // Not before the command has started: until then Ctrl-C is to reach kx.
    const { code, notes } = await (request.tty === null ? session() : withRawMode(session));
    for (const { level, line } of notes) context.log(level, line);
    return code;
  } finally {
    clearTimeout(timer);
    await local.close();
  }
}

function requestOf(options: ExecOptions, say: (line: string) => void): ExecRequest {
  const { command, stdin, env, workdir } = options;
  let tty = stdin && options.tty;
  if (tty && !isTerminal(0)) {
    tty = false;
    if (!options.quiet) say('Unable to use a TTY - input is not a terminal or the right kind of file');
  }
  return {
    command,
    stdin,
    tty: tty ? (terminalSize() ?? usualSize) : null,
    env,
    ...(workdir === undefined ? {} : { cwd: workdir }),
  };
}

async function findTarget(
  api: ApiClient,
  options: ExecOptions,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Target> {
  const { reference, namespace } = await referenceOf(options);
  const { container, quiet, podRunningTimeout: podRunningTimeoutMs } = options;
  return resolveTarget(
    api,
    {
      reference,
      namespace: namespace ?? api.namespace,
      container,
      quiet,
      podRunningTimeoutMs,
      needContainer: options.dryRun,
      signal,
    },
    say,
  );
}

async function referenceOf(options: ExecOptions): Promise<ManifestReference> {
  if (options.reference !== undefined) return { reference: parseReference(options.reference) };
  const [file = '', ...others] = options.filenames;
  if (others.length > 0) throw new KxError('KX_USAGE', 'cannot exec into multiple objects at a time');
  return referenceFromManifest(readManifest(file), file, options.connection.namespace);
}

function readManifest(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new KxError('KX_USAGE', `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
