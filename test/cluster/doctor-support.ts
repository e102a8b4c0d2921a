/** What the tests of `kx doctor` on the real cluster share. */
import assert from 'node:assert/strict';
import { clusterKubeconfig } from '../support/cluster.ts';
import type { Check, Report } from '../support/doctor.ts';
import { runKx } from '../support/program.ts';

/** Runs the doctor with these words, as JSON. `kubeconfig` is another one than that of the cluster. */
export async function examine(words: readonly string[], kubeconfig = clusterKubeconfig()) {
  const { code, stdout, stderr } = await runKx(['doctor', '-o', 'json', ...words], { env: { KUBECONFIG: kubeconfig } });
  assert.equal(stderr, '');
  const report = JSON.parse(stdout.toString()) as Report;
  assert.equal(code, report.ok ? 0 : 1);
  const find = (id: string): Check => report.checks.find((check) => check.id === id) ?? assert.fail(`no ${id}`);
  const failing = report.checks.filter(({ status }) => status === 'failed').map(({ id }) => id);
  return { report, find, failing };
}
