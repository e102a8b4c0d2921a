import { KxError, toKxError } from '../../lib/errors/index.ts';

/** What came of one look: `failed` is what keeps something from working that was asked for. */
export type Status = 'ok' | 'warning' | 'failed' | 'skipped';

/** One thing that was looked at. docs/doctor.md has the ids and the details of each. */
export interface Check {
  readonly id: string;
  readonly status: Status;
  /** One line for a person. */
  readonly message: string;
  readonly hint?: string | undefined;
  /** The same for a program; plain JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** A check that could not be done, in the words of what was thrown. */
export function failed(id: string, thrown: unknown): Check {
  const { code, message, hint } = toKxError(thrown);
  return { id, status: 'failed', message, hint, details: { code } };
}

/** A signal for one look, which aborts with `signal`, or by itself with KX_UNREACHABLE after `milliseconds`. */
export function limited(signal: AbortSignal, milliseconds: number): AbortSignal {
  const late = new AbortController();
  const error = new KxError('KX_UNREACHABLE', `there was no answer within ${milliseconds / 1000} s`, {
    hint: 'a firewall or a proxy may hold the connection: check the way to the server',
  });
  setTimeout(() => late.abort(error), milliseconds).unref();
  return AbortSignal.any([signal, late.signal]);
}
