/** What a word of a command line can be. */
export type Meaning =
  | 'cluster'
  | 'container'
  | 'context'
  | 'copy-end'
  | 'directory'
  | 'file'
  | 'host'
  | 'namespace'
  | 'node'
  | 'pod'
  | 'remote-directory'
  | 'user'
  | 'workload';

/** A flag or an argument, as oclif.manifest.json has it. */
export interface Slot {
  readonly helpValue?: string;
  readonly description?: string;
  /** All the values it takes. */
  readonly options?: readonly string[];
  readonly multiple?: boolean;
}

/** What flags mean whose help says no more than NAME or DIR. */
const byFlag: Readonly<Record<string, Meaning>> = {
  cluster: 'cluster',
  container: 'container',
  context: 'context',
  'exclude-container': 'container',
  'helper-namespace': 'namespace',
  namespace: 'namespace',
  node: 'node',
  user: 'user',
  workdir: 'remote-directory',
};

/** What the words in capitals of the help mean, wherever they stand. */
const byPlaceholder: Readonly<Record<string, Meaning>> = {
  CONTAINER: 'container',
  DEST: 'copy-end',
  DIR: 'directory',
  FILE: 'file',
  NODE: 'node',
  POD: 'pod',
  SRC: 'copy-end',
  'TYPE/NAME': 'workload',
  'node/NAME': 'host',
};

/** What the value of a flag can be; empty: nothing that could be listed. */
export function meaningsOfFlag(name: string, { helpValue = '' }: Slot): readonly Meaning[] {
  const known = byFlag[name];
  return known === undefined ? meaningsIn(helpValue) : [known];
}

/** What an argument can be: its description has the words of the help, as in "POD or TYPE/NAME". */
export function meaningsOfArgument({ description = '' }: Slot): readonly Meaning[] {
  return meaningsIn(description);
}

function meaningsIn(text: string): readonly Meaning[] {
  const words = text.match(/(?:node\/)?[A-Z]+(?:\/[A-Z]+)?/g) ?? [];
  return [...new Set(words.flatMap((word) => byPlaceholder[word] ?? []))];
}
