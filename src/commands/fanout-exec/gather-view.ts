import { formatBytes } from '../cp/amounts.ts';
import { foldNames, renderBlock, renderDiff, type Paint } from '../../lib/render/index.ts';
import { createCaptures } from './captures.ts';
import { createGroups, type Group } from './groups.ts';
import type { LineOutput } from './line-output.ts';
import type { Naming } from './names.ts';
import { endingOf, type Result } from './verdict.ts';
import type { View } from './view.ts';

export interface GatherOptions {
  readonly naming: Naming;
  readonly maxOutput: number;
  readonly stdout: LineOutput;
  readonly stderr: LineOutput;
  /** For stdout and stderr. */
  readonly paints: readonly [Paint, Paint];
  /** The largest group is shown whole, of the others what differs. */
  readonly diff: boolean;
}

/**
 * `-o gather` and `-o diff`: what was written equally, with the same end, is shown once, when all have ended: stdout on stdout,
 * and what there was of stderr on stderr.
 */
export function createGatherView({ naming, maxOutput, stdout, stderr, paints, diff }: GatherOptions): View {
  const captures = createCaptures(maxOutput);
  const [outputs, complaints] = [createGroups(), createGroups()];
  const add = (result: Result): void => {
    const { target, index } = result.outcome;
    const output = captures.take(target);
    if (output === undefined) return;
    const member = { name: naming.nameOf(target), index, code: result.code, ending: endingOf(result) };
    outputs.add({ ...member, output: output.stdout });
    if (output.stderr.total > 0) complaints.add({ ...member, output: output.stderr });
  };
  return {
    open: captures.open,
    show: (result) => {
      add(result);
      return Promise.resolve();
    },
    finish: async () => {
      const [largest, ...others] = outputs.sorted();
      if (largest !== undefined) await stdout.writeAll(blockOf(largest, paints[0]));
      for (const group of others) {
        const shown = diff && largest ? differenceOf(largest, group, paints[0]) : blockOf(group, paints[0]);
        await stdout.writeAll(shown);
      }
      for (const group of complaints.sorted()) await stderr.writeAll(blockOf(group, paints[1]));
    },
    close: captures.close,
  };
}

function blockOf(group: Group, paint: Paint): AsyncIterable<Buffer> {
  return renderBlock({ names: group.names, note: noteOf(group), body: group.output.pieces() }, paint);
}

function differenceOf(from: Group, to: Group, paint: Paint): AsyncIterable<Buffer> {
  return renderBlock({ names: to.names, note: noteOf(to), body: compare(from, to, paint) }, paint);
}

async function* compare(from: Group, to: Group, paint: Paint): AsyncGenerator<Buffer> {
  const [before, after] = await Promise.all([from.output.read(), to.output.read()]);
  const text = await renderDiff(
    { name: foldNames(from.names), text: before },
    { name: foldNames(to.names), text: after },
    paint,
  );
  yield text.length === 0 ? Buffer.from('no difference\n') : text;
}

/** What the header says besides the names: an end that is not a success, and what is missing. */
function noteOf({ code, ending, output: { total, kept } }: Group): string | undefined {
  const cut = kept < total ? `the first ${formatBytes(kept)} of ${formatBytes(total)}` : '';
  return [code === 0 ? '' : ending, cut].filter((part) => part !== '').join(', ') || undefined;
}
