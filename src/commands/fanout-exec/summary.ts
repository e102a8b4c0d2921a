import { foldNames } from '../../lib/render/index.ts';
import { escapeControls } from '../../lib/text/index.ts';
import type { Naming } from './names.ts';
import { countVerdict, endingOf, verdicts, type Result } from './verdict.ts';

/** What became of all: a line of numbers, then a line for each way to end, with the folded names of those that ended so. */
export function summarise(results: readonly Result[], naming: Naming, elapsedMs: number, withSuccess: boolean): string {
  const ordered = [...results].sort((a, b) => a.outcome.index - b.outcome.index);
  const byVerdict = Object.groupBy(ordered, ({ verdict }) => verdict);
  const counts = verdicts.flatMap((verdict) => {
    const count = byVerdict[verdict]?.length ?? 0;
    return count === 0 ? [] : [countVerdict(verdict, count)];
  });
  const targets = results.length === 1 ? '1 target' : `${results.length} targets`;
  const lines = [`${targets} in ${(elapsedMs / 1000).toFixed(1)} s: ${counts.join(', ')}`];
  for (const verdict of verdicts) {
    if (verdict === 'succeeded' && !withSuccess) continue;
    const byEnding = Map.groupBy(byVerdict[verdict] ?? [], endingOf);
    for (const [ending, those] of [...byEnding].sort(([, a], [, b]) => b.length - a.length)) {
      lines.push(...describeGroup(ending, those, naming));
    }
  }
  return `${lines.join('\n')}\n`;
}

function describeGroup(ending: string, those: readonly Result[], naming: Naming): string[] {
  const names = foldNames(those.map(({ outcome }) => naming.nameOf(outcome.target)));
  const lines = [`  ${ending} (${those.length}): ${names}`];
  const error = those[0]?.error;
  if (error === undefined) return lines;
  const others = new Set(those.map((each) => each.error?.message)).size - 1;
  lines.push(`    ${escapeControls(error.message)}${others > 0 ? `; and ${others} more like it` : ''}`);
  if (error.hint !== undefined) lines.push(`    hint: ${escapeControls(error.hint)}`);
  return lines;
}
