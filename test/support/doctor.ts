/** One line of a report. */
export interface Check {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What `kx doctor -o json` prints. */
export interface Report {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly rules: string | null;
}
