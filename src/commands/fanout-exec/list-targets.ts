import { describeTarget } from './json-view.ts';
import type { OutputMode } from './options.ts';
import type { ExecTarget } from './exec-target.ts';

/** What `--dry-run` prints: a table, or with `-o json` a line of JSON for each. */
export function listTargets(targets: readonly ExecTarget[], output: OutputMode): string {
  if (output === 'json') return targets.map((target) => `${JSON.stringify(describeTarget(target))}\n`).join('');
  const hasContext = targets.some(({ source }) => source.context !== undefined);
  const isOfNodes = targets.some(({ kind }) => kind === 'node');
  const rows = [
    ['CONTEXT', ...(isOfNodes ? [] : ['NAMESPACE', 'POD', 'CONTAINER']), 'NODE', 'STATE'],
    ...targets.map(({ kind, source, state }) => [
      source.context ?? '',
      ...(kind === 'node' ? [] : [source.namespace, source.pod, source.container]),
      source.node ?? '<none>',
      state,
    ]),
  ].map((row) => (hasContext ? row : row.slice(1)));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
