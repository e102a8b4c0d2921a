/** What the command line needs to know of a flag to find where its value is; the manifest and the classes both have it. */
export interface FlagSpec {
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
  /** Every value counts; otherwise the last one does. */
  readonly multiple?: boolean | undefined;
}

/** The flags of one command by their long names. */
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;
