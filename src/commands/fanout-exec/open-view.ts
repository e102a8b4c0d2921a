import { createPaint, wantsColor, type ColorChoice } from '../../lib/render/index.ts';
import { isTerminal, openOwnOutput } from '../../lib/terminal/index.ts';
import { createGatherView } from './gather-view.ts';
import { createJsonView } from './json-view.ts';
import { shareOutput, type LineOutput } from './line-output.ts';
import type { Naming } from './names.ts';
import type { FanoutExecOptions } from './options.ts';
import { alsoInto } from './outdir.ts';
import { createStreamView } from './stream-view.ts';
import { createSummaryView } from './summary-view.ts';
import type { View } from './view.ts';

export interface ViewEvents {
  /** Something is about to be written to a terminal. */
  readonly giveWay: () => void;
  /** There is something to say that the output has not. */
  readonly say: (line: string) => void;
  /** An output cannot be written any more. */
  readonly fail: (error: unknown) => void;
}

/** What is kept of an output where all of it must be held until a target, or the last of them, has ended. */
const mostHeld = 1 << 20;

/** The view that the flags ask for. Throws KX_USAGE where its files cannot be written. */
export function openView(options: FanoutExecOptions, naming: Naming, { giveWay, say, fail }: ViewEvents): View {
  const { outdir } = options;
  const maxOutput = options.maxOutput ?? (['gather', 'diff', 'json'].includes(options.output) ? mostHeld : Infinity);
  const open = (fd: 1 | 2): LineOutput => shareOutput(openOwnOutput(fd, fail), isTerminal(fd) ? giveWay : undefined);
  const [stdout, stderr] = [open(1), open(2)];
  const view = ((): View => {
    switch (options.output) {
      case 'stream':
        return createStreamView({ naming, maxOutput, quiet: options.quiet, stdout, stderr });
      case 'gather':
      case 'diff':
        return createGatherView({
          ...{ naming, maxOutput, stdout, stderr },
          paints: [paintOf(options.color, 1), paintOf(options.color, 2)],
          diff: options.output === 'diff',
        });
      case 'json':
        return createJsonView(stdout, maxOutput);
      case 'summary':
        return createSummaryView(naming, stdout);
    }
  })();
  if (outdir === undefined) return view;
  // All other views say themselves what they cut, at the same place.
  const tellCut = options.output === 'summary' ? say : () => {};
  return alsoInto(view, { folder: outdir, maxOutput: options.maxOutput ?? Infinity, tellCut });
}

function paintOf(color: ColorChoice, fd: 1 | 2) {
  return createPaint(wantsColor(color, isTerminal(fd), process.env));
}
