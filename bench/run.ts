/**
 * Compares kx with kubectl, tar through kubectl and stern, on the test cluster and in sandboxes, and writes results.json and
 * docs/benchmarks.md.
 *
 *   --only NAME   only the comparisons whose name contains NAME; the others stay as they were measured last
 *   --runs N      how often each; default: what each comparison says
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Comparison } from './comparison.ts';
import { completionComparisons } from './completion-cases.ts';
import { copyComparisons } from './copy-cases.ts';
import { execComparisons } from './exec-cases.ts';
import { fanoutComparisons } from './fanout-cases.ts';
import { endFleet, startFleet } from './fleet.ts';
import { logComparisons } from './log-cases.ts';
import { makeLongPod, removeLongPod } from './long-pod.ts';
import { measure, type Run } from './measure.ts';
import { measureFollowing } from './follow.ts';
import { goTo } from './places.ts';
import { nodeComparisons } from './node-cases.ts';
import { linkPlugin, versions } from './programs.ts';
import { page, tables } from './report.ts';
import { keepResult, keptResults, type Result } from './results.ts';
import { clearPod, emptyDestination, fingerprint, prepareSide } from './sides.ts';
import { makeSource } from './sources.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, runs: { type: 'string' } } });
const comparisons = [
  ...execComparisons,
  ...copyComparisons,
  ...fanoutComparisons,
  ...logComparisons,
  ...nodeComparisons,
  ...completionComparisons,
];
const chosen = comparisons.filter(({ name }) => name.includes(values.only ?? ''));
if (chosen.length === 0)
  throw new Error(`--only ${values.only}: there is ${comparisons.map(({ name }) => name).join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'kx-bench-'));
process.chdir(folder);
linkPlugin(folder);
try {
  for (const side of ['here', 'one', 'debian'] as const) prepareSide(side);
  const results: Result[] = [];
  for (const comparison of chosen) {
    const result = await compare(comparison);
    keepResult(result);
    results.push(result);
  }
  writeFileSync(resolve(import.meta.dirname, '../docs/benchmarks.md'), page(keptResults(comparisons), versions()));
  console.log(tables(results));
} finally {
  await goTo('cluster');
  rmSync(folder, { recursive: true });
  for (const pod of ['one', 'debian'] as const) clearPod(pod);
  endFleet();
  removeLongPod();
}

/** All in turn, so that what else the machine does meets all; the first round warms the caches and does not count. */
async function compare(comparison: Comparison): Promise<Result> {
  const { source, name, pods, place = 'cluster' } = comparison;
  await goTo(place);
  if (pods !== undefined) startFleet(pods);
  if (comparison.longPod) makeLongPod();
  const whole = source && makeSource(source.side, source.name);
  const runs: Record<string, Run[]> = {};
  const count = values.runs === undefined ? comparison.runs : Number(values.runs);
  for (let round = 0; round <= count; round++) {
    for (const contender of Object.keys(comparison.contenders)) {
      if (comparison.destination) emptyDestination(comparison.destination);
      const { following } = comparison;
      const run = await (following
        ? measureFollowing(comparison, following, contender)
        : measure(comparison, contender));
      if (comparison.destination) checkArrival(comparison, contender, whole);
      if (round > 0) (runs[contender] ??= []).push(run);
      process.stderr.write(`${name} ${round}/${count} ${contender} ${run.seconds.toFixed(3)} s\n`);
    }
  }
  return { comparison, runs, day: new Date().toISOString().slice(0, 10) };
}

function checkArrival({ name, destination = 'here' }: Comparison, contender: string, whole: string | undefined): void {
  const arrived = fingerprint(destination, 'destination', '.');
  if (arrived !== whole) throw new Error(`${name}: ${contender} copied ${arrived}, not ${whole}`);
}
