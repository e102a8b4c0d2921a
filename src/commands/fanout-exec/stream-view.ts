import { formatBytes } from '../cp/amounts.ts';
import { escapeControls } from '../../lib/text/index.ts';
import type { LineOutput } from './line-output.ts';
import { writeLines } from './line-writer.ts';
import { limitBytes } from './limit.ts';
import type { Naming } from './names.ts';
import type { ExecTarget } from './exec-target.ts';
import type { Result } from './verdict.ts';
import type { View } from './view.ts';

export interface StreamOptions {
  readonly naming: Naming;
  readonly maxOutput: number;
  readonly quiet: boolean;
  readonly stdout: LineOutput;
  readonly stderr: LineOutput;
}

/** `-o stream`: whole lines as they come, with the name in front, each output to its own. */
export function createStreamView({ naming, maxOutput, quiet, stdout, stderr }: StreamOptions): View {
  const tell = (target: ExecTarget, line: string): Promise<void> =>
    stderr.write(Buffer.from(`${naming.prefixOf(target, 2)}${escapeControls(line)}\n`));
  const open = (target: ExecTarget, fd: 1 | 2) => {
    const lines = writeLines(fd === 1 ? stdout : stderr, naming.prefixOf(target, fd));
    const name = fd === 1 ? 'stdout' : 'stderr';
    const cut = (): void => {
      tell(target, `warning: ${name} is cut here, after ${formatBytes(maxOutput)}`).catch(() => {});
    };
    return limitBytes(lines, maxOutput, cut);
  };
  return {
    open: (target) => ({ stdout: open(target, 1), stderr: open(target, 2) }),
    show: async ({ outcome: { target }, verdict, code, error }: Result) => {
      if (error !== undefined) await tell(target, `error: ${error.message} [${error.code}]`);
      else if (verdict === 'failed' && !quiet) await tell(target, `command terminated with exit code ${code ?? 0}`);
    },
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
