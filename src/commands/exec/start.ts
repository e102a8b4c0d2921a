import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import type { ExecRequest, RemoteProcess } from '../../lib/process/index.ts';
import { describeTarget, type Target } from '../../lib/target/index.ts';
import { traceableTransport, wrappedTransport, type TargetingTransport } from '../../lib/transport/index.ts';
import type { ExecOptions } from './options.ts';

/** A command that was started, and where. */
export interface Started {
  readonly remote: RemoteProcess;
  readonly target: Target;
  readonly wrapped: boolean;
}

/** What to start, and how. */
export interface Start {
  readonly transport: TargetingTransport;
  readonly target: Target;
  readonly request: ExecRequest;
  readonly mode: Wrapping;
  readonly signal: AbortSignal;
}

export type Wrapping = 'must' | 'may' | 'no';

/** What decides on the wrapper. */
type WrappingOptions = Pick<ExecOptions, 'env' | 'workdir' | 'timeout' | 'stdin' | 'wrap'>;

/** Whether the command runs under the wrapper: it must where a flag needs it, and may where it keeps stdin whole. */
export function wrapping(options: WrappingOptions, tty: boolean): Wrapping {
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

function neededBy(options: WrappingOptions): string | undefined {
  if (Object.keys(options.env).length > 0) return '--env';
  if (options.workdir !== undefined) return '--workdir';
  return options.timeout === undefined ? undefined : '--timeout';
}

/**
 * Starts the command on the target. A container without `sh` gets the command as it is, unless a flag needs the wrapper:
 * it is tried again only on a refusal that proves that nothing ran.
 */
export async function startCommand(
  { transport, target, request, mode, signal }: Start,
  context: Pick<CommandContext, 'log'>,
): Promise<Started> {
  if (mode !== 'no') {
    try {
      const remote = await wrappedTransport(transport).exec(target, request, signal);
      return { remote, target: transport.chosen(target), wrapped: true };
    } catch (error) {
      if (!(error instanceof KxError) || error.code !== 'KX_SHELL_MISSING') throw error;
      if (mode === 'must') throw shellNeeded(transport.chosen(target), error);
      context.log(1, `${error.message}: the command runs as it is, and nothing keeps its input whole`);
    }
  }
  const remote = await traceableTransport(transport).exec(target, request, signal);
  return { remote, target: transport.chosen(target), wrapped: false };
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
