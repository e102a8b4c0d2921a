import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient } from '../../lib/kube/index.ts';
import {
  parseReference,
  referenceFromManifest,
  resolveTarget,
  type ManifestReference,
  type Target,
} from '../../lib/target/index.ts';
import { print, printError } from '../../lib/terminal/index.ts';
import { apiserverTransport, targetingTransport } from '../../lib/transport/index.ts';
import { readNamedFile } from '../read-named-file.ts';
import { converse } from './converse.ts';
import { describePlan } from './describe-plan.ts';
import type { ExecOptions } from './options.ts';
import { requestOf } from './request.ts';
import { startCommand, wrapping, type Started } from './start.ts';
import { startTimeLimit } from './time-limit.ts';

/** Runs a command in a container and gives its exit code. */
export async function runExec(options: ExecOptions, context: CommandContext): Promise<number> {
  const say = (line: string): void => printError(`${line}\n`);
  const limit = startTimeLimit(options.timeout, context.signal);
  try {
    const request = requestOf(options, say);
    const mode = wrapping(options, request.tty !== null);
    const api = await connect(options.connection, { env: process.env, log: (level, line) => context.log(level, line) });
    const target = await findTarget(api, options, limit.signal, say);
    const transport = targetingTransport(apiserverTransport(api), api, options.quiet, say);
    if (options.dryRun) {
      print(describePlan({ api, target, transport, request, mode }));
      return 0;
    }
    context.log(1, `transport ${transport.name}: ${api.server} is the only way that is set`);
    const start = (signal: AbortSignal): Promise<Started> =>
      startCommand({ transport, target, request, mode, signal }, context);
    return await converse(start, { request, options, limit }, context);
  } finally {
    limit.stop();
  }
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
  return referenceFromManifest(readNamedFile(file, file).toString(), file, options.connection.namespace);
}
