/** The words of a command line on the two sides of its first `--`. */
export interface Words {
  readonly own: readonly string[];
  /** The remote command, untouched; null when there is no `--`. */
  readonly remote: readonly string[] | null;
}

/** Splits at the first `--`: what follows belongs to the remote command and must not be looked at. */
export function splitAtDashes(argv: readonly string[]): Words {
  const at = argv.indexOf('--');
  return at === -1 ? { own: argv, remote: null } : { own: argv.slice(0, at), remote: argv.slice(at + 1) };
}
