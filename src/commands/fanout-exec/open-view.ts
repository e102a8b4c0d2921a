import { createPaint, wantsColor, type ColorChoice } from '../../lib/render/index.ts';
import { isTerminal, openOutput } from '../../lib/terminal/index.ts';
import { createGatherView } from './gather-view.ts';
import { createJsonView } from './json-view.ts';
import { shareOutput } from './line-output.ts';
import type { Naming } from './names.ts';
import type { FanoutExecOptions } from './options.ts';
import { alsoInto } from './outdir.ts';
import { createStreamView } from './stream-view.ts';
import { createSummaryView } from './summary-view.ts';
import type { View } from './view.ts';

export interface ViewEvents {
  /** Something is about to be written to a terminal. */
  readonly giveWay: () => void;
  /** An output cannot be written any more. */
  readonly fail: (error: unknown) => void;
}

/** The view that the flags ask for. */
export function openView(options: FanoutExecOptions, naming: Naming, { giveWay, fail }: ViewEvents): View {
  const { maxOutput, outdir } = options;
  const [stdout, stderr] = ([1, 2] as const).map((fd) => {
    const output = openOutput(fd).on('error', fail);
    return shareOutput(output, isTerminal(fd) ? giveWay : () => {});
  });
  if (stdout === undefined || stderr === undefined) throw new Error('there are two outputs');
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
        return createSummaryView();
    }
  })();
  return outdir === undefined ? view : alsoInto(outdir, maxOutput, view);
}

function paintOf(color: ColorChoice, fd: 1 | 2) {
  return createPaint(wantsColor(color, isTerminal(fd), process.env));
}
