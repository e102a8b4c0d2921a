import { progressText } from '../../lib/render/index.ts';
import { isScreen, printError } from '../../lib/terminal/index.ts';
import { startProgressLine } from '../cp/screen.ts';

/** How a fan-out goes on, for a person. */
export interface Progress {
  /** There are so many more than was known. */
  expect(count: number): void;
  launched(): void;
  /** An attempt is over. */
  ended(): void;
  /** A target has its outcome. */
  counted(hasSucceeded: boolean): void;
  /** Writes a line to stderr without breaking the line of progress. */
  say(line: string): void;
  /** Something else is written to the terminal: the line stays away until nothing was for a while. */
  readonly giveWay: () => void;
  stop(): void;
}

/** How long the line stays away, in milliseconds. */
const absence = 300;

/** The line is there on a terminal that can draw it anew, and not where somebody wants quiet. */
export function startProgress(total: number, quiet: boolean): Progress {
  const began = performance.now();
  let [expected, running, succeeded, failed] = [total, 0, 0, 0];
  const describe = (now: number, width: number): string =>
    progressText({ total: expected, running, succeeded, failed, elapsedMs: now - began }, width);
  const line = !quiet && isScreen(2) ? startProgressLine({ describe }) : undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    expect: (count) => (expected += count),
    launched: () => running++,
    ended: () => running--,
    counted: (hasSucceeded) => {
      if (hasSucceeded) succeeded++;
      else failed++;
    },
    say: (text) => {
      line?.clear();
      printError(`${text}\n`);
    },
    giveWay: () => {
      if (line === undefined) return;
      if (timer === undefined) line.pause();
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        line.resume();
      }, absence);
    },
    stop: () => {
      clearTimeout(timer);
      line?.stop();
    },
  };
}
