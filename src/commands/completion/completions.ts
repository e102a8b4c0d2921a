/** One thing that the word could become. */
export interface Candidate {
  readonly text: string;
  /** For shells that show what a candidate is. */
  readonly note?: string | undefined;
  /** Seldom meant: whether a space follows is for the others to say. */
  readonly seldom?: true;
}

/** What a shell is told. Candidates that do not begin with the word are left out before they are printed. */
export interface Completions {
  readonly candidates: readonly Candidate[];
  /** Where the shell completes paths of this machine itself, if there are no candidates; absent: it does not. */
  readonly paths?: 'files' | 'directories' | undefined;
}

export const nothing: Completions = { candidates: [] };

// github.com/spf13/cobra ShellCompDirective, which kubectl passes on to the shells.
const noSpace = 2;
const noFiles = 4;
const onlyDirectories = 16;

/**
 * The lines of the protocol that kubectl shares with its plugins: candidates with a TAB and a note behind them, then a colon and
 * the directive. No space follows a candidate where one of them is only the beginning of a word.
 */
export function formatCompletions({ candidates, paths }: Completions, word: string): string {
  const fitting = candidates.filter(({ text }) => text.startsWith(word) && !/[\n\r\t\0]/.test(text));
  const lines = fitting.map(({ text, note = '' }) => `${text}${note === '' ? '' : `\t${note}`}`);
  const usual = fitting.filter(({ seldom }) => seldom !== true);
  const isOpen = (usual.length === 0 ? fitting : usual).some(({ text }) => /[/:=,]$/.test(text));
  const files = paths === undefined ? noFiles : paths === 'directories' && lines.length === 0 ? onlyDirectories : 0;
  return [...new Set(lines), `:${files | (isOpen ? noSpace : 0)}`].map((line) => `${line}\n`).join('');
}
