import type { V1Status } from '@kubernetes/client-node';
import { KxError } from '../errors/index.ts';
import type { ExitStatus } from '../process/index.ts';

/**
 * The Status message that a server half sends on the error channel when the command has ended.
 * Source: k8s.io/kubelet/pkg/cri/streaming/remotecommand (NonZeroExitCode, cause ExitCode).
 */
export function statusOfExit(exit: Pick<ExitStatus, 'code'>): V1Status {
  if (exit.code === 0) return { metadata: {}, status: 'Success' };
  const code = String(exit.code);
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  };
}

/** The Status message for a command that could not be run. */
export function statusOfError(error: Error): V1Status {
  return { metadata: {}, status: 'Failure', message: error.message, reason: 'InternalError', code: 500 };
}

/**
 * Reads what the error channel said: an exit code, or the KxError it stands for. Only a cause of type ExitCode is the
 * command's own answer; every other Failure is the runtime's or the server's.
 */
export function exitCodeOf(message: Buffer): number | KxError {
  const text = message.toString('utf8');
  const status = parse(text);
  if (status === undefined) return new KxError('KX_REMOTE', oneLine(text), { ran: 'maybe' });
  if (status.status === 'Success') return 0;
  const code = status.reason === 'NonZeroExitCode' ? exitCodeIn(field(status.details, 'causes')) : undefined;
  return code ?? startFailure(typeof status.message === 'string' ? status.message : text);
}

/** The code as a number from 1 to 255; client-go takes no other form either. */
function exitCodeIn(causes: unknown): number | undefined {
  if (!Array.isArray(causes)) return undefined;
  const message = field(
    causes.find((cause) => field(cause, 'reason') === 'ExitCode'),
    'message',
  );
  if (typeof message !== 'string' || !/^[0-9]{1,3}$/.test(message)) return undefined;
  const code = Number(message);
  return code > 0 && code < 256 ? code : undefined;
}

/** A peer may send anything: nothing is taken to have the shape of a Status. */
function parse(text: string): Partial<Record<keyof V1Status, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return field(value, 'status') === undefined ? undefined : (value as object);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** The runtimes' words for a command that could not be started (runc and crun; protocol.md 25). */
function startFailure(message: string): KxError {
  const line = oneLine(message);
  if (/executable file (`[^`]*` )?not found|exec: "?[^"]*"?: (stat [^:]*: )?no such file or directory/i.test(line)) {
    return new KxError('KX_COMMAND_NOT_FOUND', line, { ran: 'no' });
  }
  if (/exec format error|permission denied|is a directory/i.test(line) && /exec/.test(line)) {
    return new KxError('KX_COMMAND_NOT_EXECUTABLE', line, { ran: 'no' });
  }
  return new KxError('KX_REMOTE', line, { ran: 'maybe' });
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}
