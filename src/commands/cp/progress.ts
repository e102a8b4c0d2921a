import { isScreen, isTerminal, printError } from '../../lib/terminal/index.ts';
import type { Tally } from './tally.ts';

export const progressChoices = ['auto', 'plain', 'none'] as const;
export type ProgressMode = (typeof progressChoices)[number];

/** How a copy is shown on stderr. */
export interface Display {
  /** Prints a line without breaking the line of progress. */
  say(line: string): void;
  /** Ends the line of progress; with `summary` the last line says what was copied. */
  end(summary: boolean): void;
}

/** Every how many milliseconds `--progress plain` prints a line. */
const plainPause = 1000;
/** A terminal, and wider than any line of ours on a plain one. */
const plainWidth = 160;

/** `auto` is a line on a terminal, lines on one that can draw none anew, and nothing where stderr is none. */
export async function startDisplay(mode: ProgressMode, tally: Tally): Promise<Display> {
  const say = (line: string): void => printError(`${line}\n`);
  const summarise = (): void => say(tally.summarise(performance.now()));
  if (mode === 'plain' || (mode === 'auto' && isTerminal(2) && !isScreen(2))) {
    const timer = setInterval(() => say(tally.describe(performance.now(), plainWidth)), plainPause);
    return {
      say,
      end: (summary) => {
        clearInterval(timer);
        if (summary) summarise();
      },
    };
  }
  if (mode === 'none' || !isTerminal(2)) return { say, end: () => {} };
  const { startProgressLine } = await import('./screen.ts');
  const line = startProgressLine(tally);
  return {
    say: (text) => {
      line.clear();
      say(text);
    },
    end: (summary) => {
      line.stop();
      if (summary) summarise();
    },
  };
}
