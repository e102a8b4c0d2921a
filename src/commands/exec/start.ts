import type { CommandContext } from '../../base-command.ts';
import { KxError, toKxError } from '../../lib/errors/index.ts';
import type { ApiClient } from '../../lib/kube/index.ts';
import type { ExecRequest, RemoteProcess } from '../../lib/process/index.ts';
import {
  chooseContainer,
  describeTarget,
  explainExecFailure,
  needsContainerChoice,
  type Target,
} from '../../lib/target/index.ts';
import { traceableTransport, wrappedTransport, type Transport } from '../../lib/transport/index.ts';
import type { ExecOptions } from './options.ts';

/** A command that was started, and where. */
export interface Started {
  readonly remote: RemoteProcess;
  readonly target: Target;
  readonly wrapped: boolean;
}

/** What to start, and how. */
export interface Start {
  readonly api: ApiClient;
  readonly transport: Transport;
  readonly target: Target;
  readonly request: ExecRequest;
  readonly mode: Wrapping;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

export type Wrapping = 'must' | 'may' | 'no';

/** Whether the command runs under the wrapper: it must where a flag needs it, and may where it keeps stdin whole. */
export function wrapping(options: ExecOptions, tty: boolean): Wrapping {
  const needs = neededBy(options);
  if (!options.wrap) {
    if (needs !== undefined && needs !== '--timeout') {
      throw new KxError('KX_USAGE', `${needs} cannot be had with --no-wrap: it is done by a shell around the command`);
    }
    return 'no';
  }
  if (needs !== undefined) return 'must';
  return options.stdin && !tty ? 'may' : 'no';
}

function neededBy(options: ExecOptions): string | undefined {
  if (Object.keys(options.env).length > 0) return '--env';
  if (options.workdir !== undefined) return '--workdir';
  return options.timeout === undefined ? undefined : '--timeout';
}

/**
 * Starts the command on the target. A pod whose containers the server will not choose among is read once; a container
 * without `sh` gets the command as it is, unless a flag needs the wrapper. Both are tried again only on a refusal that
 * proves that nothing ran.
 */
export async function startCommand(
  { api, transport, target, request, mode, quiet, signal }: Start,
  context: CommandContext,
  say: (line: string) => void,
): Promise<Started> {
  const start = async (at: Target): Promise<Started> => {
    if (mode !== 'no') {
      try {
        return { remote: await wrappedTransport(transport).exec(at, request, signal), target: at, wrapped: true };
      } catch (error) {
        if (!(error instanceof KxError) || error.code !== 'KX_SHELL_MISSING') throw error;
        if (mode === 'must') throw shellNeeded(at, error);
        context.log(1, `${error.message}: the command runs as it is, and nothing keeps its input whole`);
      }
    }
    return { remote: await traceableTransport(transport).exec(at, request, signal), target: at, wrapped: false };
  };
  let at = target;
  try {
    try {
      return await start(at);
    } catch (error) {
      if (!needsContainerChoice(error)) throw error;
      at = await chooseContainer(api, at, { refusal: error, quiet, signal }, say);
      return await start(at);
    }
  } catch (error) {
    throw await explainExecFailure(api, at, toKxError(error), signal);
  }
}

function shellNeeded(target: Target, cause: KxError): KxError {
  return new KxError(
    'KX_SHELL_MISSING',
    `--env, --workdir and --timeout cannot be had in ${describeTarget(target)}: ${cause.message}`,
    {
      ran: 'no',
      cause,
      hint: 'nothing was run; --timeout alone can be had with --no-wrap',
    },
  );
}
