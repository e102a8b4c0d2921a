import { readFileSync } from 'node:fs';
import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import type { TerminalSize } from '../../lib/process/index.ts';
import { printError } from '../../lib/terminal/index.ts';
import {
  parseReference,
  referenceFromManifest,
  resolveTarget,
  type ManifestReference,
  type Target,
} from '../../lib/target/index.ts';
import { apiserverTransport } from '../../lib/transport/index.ts';
import type { ExecOptions } from './options.ts';
import { runSession } from './session.ts';
import { startCommand } from './start.ts';

/** Runs a command in a container and gives its exit code. */
export async function runExec(options: ExecOptions, context: CommandContext): Promise<number> {
  const say = (line: string): void => printError(`${line}\n`);
  const began = performance.now();
  const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
  const target = await findTarget(api, options, context, say);
  const transport = apiserverTransport(api);
  const tty: TerminalSize | null = null;
  const request = {
    command: options.command,
    stdin: options.stdin,
    tty,
    env: options.env,
    ...(options.workdir === undefined ? {} : { cwd: options.workdir }),
  };
  const started = await startCommand(api, transport, target, request, options, context, say);
  const local = {
    stdin: options.stdin ? process.stdin : null,
    stdout: process.stdout,
    stderr: process.stderr,
    detached: new Promise<void>(() => {}),
  };
  const left = options.timeout === undefined ? undefined : options.timeout - (performance.now() - began);
  return runSession(started, local, left, context);
}

async function findTarget(
  api: ApiClient,
  options: ExecOptions,
  context: CommandContext,
  say: (line: string) => void,
): Promise<Target> {
  const { reference, namespace } = referenceOf(options);
  return resolveTarget(
    api,
    {
      reference,
      namespace: namespace ?? api.namespace,
      container: options.container,
      quiet: options.quiet,
      podRunningTimeoutMs: options.podRunningTimeout,
      signal: context.signal,
    },
    say,
  );
}

function referenceOf(options: ExecOptions): ManifestReference {
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
