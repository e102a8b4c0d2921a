import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { memoryTarget, type Comparison } from './cases.ts';
import { median, type Run } from './measure.ts';

/** The runs of one comparison. */
export interface Result {
  readonly comparison: Comparison;
  readonly kx: readonly Run[];
  readonly kubectl: readonly Run[];
}

/** The times and the peaks as two tables of Markdown. */
export function tables(results: readonly Result[]): string {
  const withMemory = results.filter(({ comparison }) => comparison.memory === true);
  return [
    table(['job', 'kx', 'kubectl', 'kx / kubectl', 'target', '', 'runs each'], results.map(timeRow)),
    ...(withMemory.length === 0
      ? []
      : [
          'Peak memory (resident set, the largest of all runs):',
          table(['job', 'kx', 'kubectl', 'target of kx', ''], withMemory.map(memoryRow)),
        ]),
  ].join('\n\n');
}

/** The page docs/benchmarks.md. */
export function page(results: readonly Result[], versions: { kx: string; kubectl: string; server: string }): string {
  return `# Benchmarks

Written by \`make bench\`; do not edit. kx and kubectl did the same jobs in turn (kx, kubectl, kx, kubectl, ...) on one real
cluster, which ran on the same machine: client, kube-apiserver, kubelet and containerd share its cores. Times are wall
times of the whole process, as medians, with the range from the fastest to the slowest run in parentheses.

- machine: ${machine()}
- kx: ${versions.kx}
- kubectl: ${versions.kubectl}
- cluster: Kubernetes ${versions.server}, containerd, one container of busybox
- ${new Date().toISOString().slice(0, 10)}

${tables(results)}
`;
}

function timeRow({ comparison, kx, kubectl }: Result): string[] {
  const [ours, theirs] = [kx, kubectl].map((runs) => runs.map(({ seconds }) => seconds)) as [number[], number[]];
  const ratio = median(ours) / median(theirs);
  const { target } = comparison;
  const verdict = target === undefined ? '' : ratio <= target ? 'met' : '**missed**';
  return [
    comparison.job,
    spread(ours),
    spread(theirs),
    ratio.toFixed(2),
    target === undefined ? '' : `<= ${target}`,
    verdict,
    String(kx.length),
  ];
}

function memoryRow({ comparison, kx, kubectl }: Result): string[] {
  const [ours, theirs] = [kx, kubectl].map((runs) => Math.max(...runs.map(({ peak }) => peak ?? 0))) as [
    number,
    number,
  ];
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const verdict = ours <= memoryTarget ? 'met' : '**missed**';
  return [comparison.job, megabytes(ours), megabytes(theirs), `<= ${megabytes(memoryTarget)}`, verdict];
}

function spread(seconds: readonly number[]): string {
  return `${time(median(seconds))} (${time(Math.min(...seconds))} - ${time(Math.max(...seconds))})`;
}

function time(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.1 ? 1 : 0)} ms` : `${seconds.toFixed(2)} s`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function machine(): string {
  const [, system] = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? arch()}), ${memory}, ${system ?? 'Linux'}, kernel ${release()}`;
}

/** One line of a program's answer. */
export function firstLine(file: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  return execFileSync(file, args, { env, encoding: 'utf8' }).trim().split('\n')[0] ?? '';
}
