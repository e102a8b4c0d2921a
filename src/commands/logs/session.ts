import type { Writable } from 'node:stream';
import type { ApiClient } from '../../lib/kube/index.ts';
import type { LogsOptions } from './options.ts';
import type { Teller } from './tell.ts';

/** What all parts of one run of the command share. */
export interface Session {
  readonly api: ApiClient;
  readonly options: LogsOptions;
  readonly output: Writable;
  /** Ends with the command, with Ctrl-C and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /** Aborts when what is followed has all lines up to --until. */
  readonly over: AbortSignal;
  /** Writes a line to stderr. */
  readonly say: (line: string) => void;
  readonly teller: Teller;
}
