import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import type { Comparison } from './comparison.ts';
import { median } from './measure.ts';
import type { Result } from './results.ts';

interface Column {
  readonly head: string;
  readonly cell: (result: Result) => string;
}

/** Tables of Markdown: the times, one table for each set of contenders, and the peaks. */
export function tables(results: readonly Result[]): string {
  const followed = results.filter(({ comparison }) => comparison.following !== undefined);
  const timed = results.filter((result) => !followed.includes(result));
  const groups = Map.groupBy(timed, ({ comparison }) => rivalsOf(comparison).join());
  const withMemory = results.filter(({ comparison }) => comparison.memory !== undefined);
  return [
    ...[...groups.values()].map((group) => table(timeColumns(group), group)),
    ...(followed.length === 0
      ? []
      : ['Followed logs, with the CPU time of the process:', table(followColumns, followed)]),
    ...(withMemory.length === 0
      ? []
      : ['Peak memory (resident set, the largest of all runs):', table(memoryColumns, withMemory)]),
  ].join('\n\n');
}

/** The page docs/benchmarks.md. */
export function page(results: readonly Result[], versions: { kx: string; kubectl: string; server: string }): string {
  return `# Benchmarks

Written by \`make bench\`; do not edit. All did the same jobs in turn (kx, kubectl, kx, kubectl, ...) on one real
cluster, which ran on the same machine: client, kube-apiserver, kubelet and containerd share its cores. Times are wall
times of the whole process, as medians, with the range from the fastest to the slowest run in parentheses.

A copy is \`kx cp\`, \`kubectl cp\`, or the raw pipe: \`tar c -C DIR NAME | kubectl exec -i POD -- tar x -C DIR\` up and
\`kubectl exec POD -- tar c -C DIR NAME | tar x -C DIR\` down. Each run finds an empty destination, and counts only if the
names and contents of all files are there afterwards. Copies are to and from Debian (GNU tar) unless the job says busybox.

- machine: ${machine()}
- kx: ${versions.kx}
- kubectl: ${versions.kubectl}
- cluster: Kubernetes ${versions.server}, containerd, one container of busybox and one of Debian

${tables(results)}
`;
}

function timeColumns(group: readonly Result[]): readonly Column[] {
  const rivals = rivalsOf(group[0]!.comparison);
  return [
    { head: 'job', cell: ({ comparison }) => comparison.job },
    ...['kx', ...rivals].map((name) => ({ head: name, cell: (result: Result) => spread(seconds(result, name)) })),
    ...rivals.flatMap((rival) => [
      { head: `kx / ${rival}`, cell: (result: Result) => ratio(result, rival).toFixed(2) },
      { head: 'target', cell: ({ comparison }: Result) => limit(comparison.targets?.[rival]) },
    ]),
    ...(group.some(({ comparison }) => comparison.atMost !== undefined)
      ? [{ head: 'kx at most', cell: ({ comparison }: Result) => (comparison.atMost ? time(comparison.atMost) : '') }]
      : []),
    ...(rivals.length > 0 ? [{ head: '', cell: timeVerdict }] : []),
    ...(group.some(({ comparison }) => comparison.count !== undefined)
      ? [{ head: 'kx, per 1,000', cell: timePerThousand }]
      : []),
    { head: 'runs each', cell: ({ runs }) => String(runs['kx']?.length ?? 0) },
    { head: 'day', cell: ({ day }) => day },
  ];
}

const followColumns: readonly Column[] = [
  { head: 'job', cell: ({ comparison }) => comparison.job },
  ...['kx', 'stern'].flatMap((name) => [
    { head: name, cell: (result: Result) => spread(cpuSeconds(result, name)) },
    {
      head: 'lines lost',
      cell: ({ runs }: Result) => String(Math.max(...(runs[name] ?? []).map((run) => run.lost ?? 0))),
    },
  ]),
  { head: 'kx / stern', cell: (result) => cpuRatio(result).toFixed(2) },
  { head: 'target', cell: ({ comparison }) => limit(comparison.targets?.['stern']) },
  { head: '', cell: (result) => verdict(cpuRatio(result) <= (result.comparison.targets?.['stern'] ?? Infinity)) },
  { head: 'runs each', cell: ({ runs }) => String(runs['kx']?.length ?? 0) },
  { head: 'day', cell: ({ day }) => day },
];

const memoryColumns: readonly Column[] = [
  { head: 'job', cell: ({ comparison }) => comparison.job },
  { head: 'kx', cell: (result) => megabytes(peak(result, 'kx')) },
  { head: 'kubectl', cell: (result) => ('kubectl' in result.runs ? megabytes(peak(result, 'kubectl')) : '') },
  { head: 'target of kx', cell: ({ comparison }) => `<= ${megabytes(comparison.memory ?? 0)}` },
  { head: '', cell: (result) => verdict(peak(result, 'kx') <= (result.comparison.memory ?? 0)) },
];

function timeVerdict(result: Result): string {
  const { targets = {}, atMost } = result.comparison;
  const met = Object.entries(targets).map(([rival, target]) => ratio(result, rival) <= target);
  if (atMost !== undefined) met.push(median(seconds(result, 'kx')) <= atMost);
  return met.length === 0 ? '' : verdict(met.every(Boolean));
}

function timePerThousand(result: Result): string {
  const { count } = result.comparison;
  return count === undefined ? '' : time((median(seconds(result, 'kx')) / count) * 1000);
}

function rivalsOf({ contenders }: Comparison): string[] {
  return Object.keys(contenders).filter((name) => name !== 'kx');
}

function seconds({ runs }: Result, contender: string): number[] {
  return (runs[contender] ?? []).map((run) => run.seconds);
}

function ratio(result: Result, rival: string): number {
  return median(seconds(result, 'kx')) / median(seconds(result, rival));
}

function cpuSeconds({ runs }: Result, contender: string): number[] {
  return (runs[contender] ?? []).map((run) => run.cpu ?? 0);
}

function cpuRatio(result: Result): number {
  return median(cpuSeconds(result, 'kx')) / median(cpuSeconds(result, 'stern'));
}

function peak({ runs }: Result, contender: string): number {
  return Math.max(...(runs[contender] ?? []).map((run) => run.peak ?? 0));
}

function verdict(met: boolean): string {
  return met ? 'met' : '**missed**';
}

function limit(target: number | undefined): string {
  return target === undefined ? '' : `<= ${target}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function spread(times: readonly number[]): string {
  return `${time(median(times))} (${time(Math.min(...times))} - ${time(Math.max(...times))})`;
}

function time(value: number): string {
  return value < 1 ? `${(value * 1000).toFixed(value < 0.1 ? 1 : 0)} ms` : `${value.toFixed(2)} s`;
}

function table(columns: readonly Column[], results: readonly Result[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ head }) => head)),
    line(columns.map(() => '---')),
    ...results.map((result) => line(columns.map(({ cell }) => cell(result)))),
  ].join('\n');
}

function machine(): string {
  const [, system] = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? arch()}), ${memory}, ${system ?? 'Linux'}, kernel ${release()}`;
}
