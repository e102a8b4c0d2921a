/**
 * Compares kx with kubectl on the test cluster and writes docs/benchmarks.md.
 *
 *   --only NAME   only the comparisons whose name contains NAME; prints the tables and writes nothing
 *   --runs N      how often each; default: what each comparison says
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clusterKubeconfig, clusterNamespace } from '../test/support/cluster.ts';
import { kxBinary } from '../test/support/program.ts';
import { comparisons, gibibyte, remoteFile, type Comparison } from './cases.ts';
import { measure, type Run } from './measure.ts';
import { firstLine, page, tables, type Result } from './report.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, runs: { type: 'string' } } });
const chosen = comparisons.filter(({ name }) => name.includes(values.only ?? ''));
if (chosen.length === 0)
  throw new Error(`--only ${values.only}: there is ${comparisons.map(({ name }) => name).join(', ')}`);

const kubeconfig = clusterKubeconfig();
const env: NodeJS.ProcessEnv = { ...process.env, KUBECONFIG: kubeconfig };
const builtKubectl = join(dirname(kubeconfig), 'bin/kubectl');
const kubectl = existsSync(builtKubectl) ? builtKubectl : 'kubectl';
const kx = kxBinary();
const where = ['--context', 'kx', '--namespace', clusterNamespace];
const folder = mkdtempSync(join(tmpdir(), 'kx-bench-'));

try {
  const inputFile = join(folder, 'input');
  prepare(chosen, inputFile);
  const results: Result[] = [];
  for (const comparison of chosen) results.push(await compare(comparison, inputFile));
  const versions = {
    kx: firstLine(kx, ['--version'], env),
    kubectl: firstLine(kubectl, ['version', '--client'], env).replace('Client Version: ', ''),
    server: serverVersion(),
  };
  if (values.only === undefined) {
    writeFileSync(resolve(import.meta.dirname, '../docs/benchmarks.md'), page(results, versions));
  }
  console.log(tables(results));
} finally {
  rmSync(folder, { recursive: true });
  execFileSync(kubectl, [...where, 'exec', 'one', '--', 'rm', '-f', remoteFile], { env });
}

/** The file of the upload here, the file of the download in the pod. */
function prepare(all: readonly Comparison[], inputFile: string): void {
  if (all.some(({ input }) => input !== undefined)) {
    const piece = randomBytes(1 << 24);
    const file = openSync(inputFile, 'w');
    for (let written = 0; written < gibibyte; written += piece.length) writeSync(file, piece);
    closeSync(file);
  }
  if (all.some((comparison) => comparison.kx.includes(remoteFile))) {
    const script = `head -c ${gibibyte} /dev/zero > ${remoteFile}`;
    execFileSync(kubectl, [...where, 'exec', 'one', '--', 'sh', '-c', script], { env });
  }
}

/** Both in turn, so that what else the machine does meets both; the first round warms the caches and does not count. */
async function compare(comparison: Comparison, inputFile: string): Promise<Result> {
  const runs = { kx: [] as Run[], kubectl: [] as Run[] };
  const count = values.runs === undefined ? comparison.runs : Number(values.runs);
  for (let round = 0; round <= count; round++) {
    for (const [name, file] of [
      ['kx', kx],
      ['kubectl', kubectl],
    ] as const) {
      const words = comparison[name];
      const program = [file, ...(words[0] === 'exec' && !words.includes('--help') ? inCluster(words) : words)];
      const run = await measure(program, comparison, inputFile, env);
      if (round > 0) runs[name].push(run);
      process.stderr.write(`${comparison.name} ${round}/${count} ${name} ${run.seconds.toFixed(3)} s\n`);
    }
  }
  return { comparison, ...runs };
}

/** The connection goes behind the word of the subcommand: both programs take it there. */
function inCluster([subcommand = '', ...rest]: readonly string[]): string[] {
  return [subcommand, ...where, ...rest];
}

function serverVersion(): string {
  const json = execFileSync(kubectl, [...where, 'version', '-o', 'json'], { env, encoding: 'utf8' });
  return (JSON.parse(json) as { serverVersion: { gitVersion: string } }).serverVersion.gitVersion;
}
