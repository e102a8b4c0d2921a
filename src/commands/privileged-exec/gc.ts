import type { CommandContext } from '../../base-command.ts';
import { KxError } from '../../lib/errors/index.ts';
import { connect, type ApiClient, type ConnectionFlags } from '../../lib/kube/index.ts';
import { findNodePods, removeNodePod, type FoundNodePod } from '../../lib/node-pod/index.ts';
import { print, printError } from '../../lib/terminal/index.ts';

/** Removes the helper pods that nobody can be using, of everybody, and lists the rest. The exit code is 0 unless one could not be removed. */
export async function collectGarbage(
  connection: ConnectionFlags,
  namespace: string | undefined,
  dryRun: boolean,
  context: CommandContext,
): Promise<number> {
  const api = await connect(connection, { env: process.env, log: (level, line) => context.log(level, line) });
  const found = await find(api, namespace ?? connection.namespace, context.signal);
  const expired = found.filter((pod) => pod.expired !== undefined);
  const failures = dryRun ? [] : await Promise.all(expired.map((pod) => removeNodePod(api, pod)));
  const rows = found.map((pod) => {
    const failure = failures[expired.indexOf(pod)];
    return [
      pod.namespace,
      pod.name,
      pod.node,
      pod.user,
      pod.purpose,
      pod.since,
      pod.deadline,
      stateOf(pod, dryRun, failure),
    ];
  });
  if (rows.length > 0) {
    const head = ['NAMESPACE', 'NAME', 'NODE', 'USER', 'TARGET', 'SINCE', 'UNTIL', 'STATE'];
    print(table([head, ...rows]));
  } else {
    printError('there is no helper pod\n');
  }
  return failures.some((failure) => failure !== undefined) ? 125 : 0;
}

/** In all namespaces, where that is allowed and none is named. */
async function find(
  api: ApiClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<readonly FoundNodePod[]> {
  if (namespace !== undefined) return findNodePods(api, namespace, signal);
  try {
    return await findNodePods(api, undefined, signal);
  } catch (error) {
    if (!(error instanceof KxError) || error.code !== 'KX_FORBIDDEN') throw error;
    printError(`only namespace ${api.namespace} is looked at: the pods of all namespaces may not be listed\n`);
    return findNodePods(api, api.namespace, signal);
  }
}

function stateOf({ expired, kept, phase }: FoundNodePod, dryRun: boolean, failure: KxError | undefined): string {
  if (expired === undefined) return kept ? 'kept' : phase === 'Running' ? 'in use' : phase.toLowerCase();
  if (failure !== undefined) return `${expired}, not removed: ${failure.message}`;
  return `${expired}, ${dryRun ? 'would be removed' : 'removed'}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}
