import { errorCodes, type KxCode } from './codes.ts';

/** Whether the remote command may have started: the only thing that fall-back and retry look at. */
export type Ran = 'no' | 'maybe' | 'yes';

export interface KxErrorOptions {
  readonly ran?: Ran;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** Overrides the exit code of the table: KX_CANCELED has one per signal. */
  readonly exit?: number;
}

/** The one error class of kx. `message` is one line for a person; `hint`, where there is one, says what to do. */
export class KxError extends Error {
  override readonly name = 'KxError';
  readonly code: KxCode;
  readonly ran: Ran;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, string>>;
  /** What the process exits with when this error ends it. */
  readonly exit: number;

  constructor(code: KxCode, message: string, options: KxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.ran = options.ran ?? 'no';
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.exit = options.exit ?? errorCodes[code].exit;
  }
}

/**
 * Any thrown value as a KxError. A KxError passes unchanged; everything else is a fault of kx (KX_INTERNAL) with the
 * original as its cause: whoever can expect a system error translates it where it happens.
 */
export function toKxError(thrown: unknown): KxError {
  if (thrown instanceof KxError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new KxError('KX_INTERNAL', message, {
    ran: 'maybe',
    cause: thrown,
    hint: 'this is a fault of kx: please report it with the output of the same command and -v=8',
  });
}
