/** One comparison: the same job by kx and by kubectl. Both get the same words except where a job has two. */
export interface Comparison {
  readonly name: string;
  /** What a reader of the table needs to know. */
  readonly job: string;
  readonly kx: readonly string[];
  readonly kubectl: readonly string[];
  /** Bytes of stdin, from a file; absent: /dev/null. */
  readonly input?: 'gibibyte';
  /** Where stdout goes: counted through a pipe, or thrown away. */
  readonly output: 'pipe' | 'null';
  /** What must have come out of the pipe, so that a fast wrong answer does not count. */
  readonly expect?: { readonly bytes?: number; readonly text?: RegExp };
  /** Watch the peak memory of the program as well. */
  readonly memory?: true;
  /** How many times each; long ones fewer. */
  readonly runs: number;
  /** The largest ratio of wall time kx/kubectl that is acceptable. */
  readonly target?: number;
}

export const gibibyte = 1 << 30;
/** The file that `prepare` makes in the pod. */
export const remoteFile = '/tmp/kx-bench';
/** The largest peak memory of kx that is acceptable, in bytes. */
export const memoryTarget = 150e6;

const both = (...words: string[]) => ({ kx: words, kubectl: words });

export const comparisons: readonly Comparison[] = [
  {
    name: 'version',
    job: '`--version` (kubectl: `version --client`)',
    kx: ['--version'],
    kubectl: ['version', '--client'],
    output: 'null',
    runs: 15,
  },
  { name: 'help', job: '`exec --help`', ...both('exec', '--help'), output: 'null', runs: 15, target: 0.6 },
  {
    name: 'true',
    job: '`exec pod -- true`',
    ...both('exec', 'one', '--', 'true'),
    output: 'null',
    runs: 15,
    target: 0.7,
  },
  {
    name: 'input-true',
    job: '`exec -i pod -- true < /dev/null`',
    ...both('exec', '-i', 'one', '--', 'true'),
    output: 'null',
    runs: 15,
  },
  {
    name: 'down-null',
    job: '1 GiB down, `cat` to /dev/null',
    ...both('exec', 'one', '--', 'cat', remoteFile),
    output: 'null',
    memory: true,
    runs: 5,
    target: 0.9,
  },
  {
    name: 'down-pipe',
    job: '1 GiB down, `cat` into a pipe',
    ...both('exec', 'one', '--', 'cat', remoteFile),
    output: 'pipe',
    expect: { bytes: gibibyte },
    memory: true,
    runs: 5,
    target: 0.9,
  },
  {
    name: 'up',
    job: '1 GiB up, `wc -c` from a file',
    ...both('exec', '-i', 'one', '--', 'wc', '-c'),
    input: 'gibibyte',
    output: 'pipe',
    expect: { text: /^1073741824\s*$/ },
    memory: true,
    runs: 5,
    target: 0.75,
  },
];
