import { Writable } from 'node:stream';
import ora from 'ora';
import { wantsColor } from '../../lib/render/index.ts';
import { printError, terminalSize } from '../../lib/terminal/index.ts';
import type { Tally } from './tally.ts';

/** A line on the terminal of stderr that shows how something goes on. */
export interface ProgressLine {
  /** Takes the line away for a message; it comes back by itself. */
  clear(): void;
  /** Takes the line away until `resume`. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/** The spinner and its space. */
const spinnerWidth = 3;

/** Draws ten times a second at most. Neither stdin nor signals nor the cursor are touched: what kills kx leaves no trace. */
export function startProgressLine(tally: Pick<Tally, 'describe'>): ProgressLine {
  const spinner = ora({
    stream: terminalStream(),
    color: wantsColor('auto', true, process.env) ? 'cyan' : false,
    spinner: isUtf8(process.env) ? 'dots' : 'line',
    isEnabled: true,
    interval: 100,
    hideCursor: false,
    discardStdin: false,
    // Asked for with every frame; the last column stays free, for some terminals wrap there.
    suffixText: () => tally.describe(performance.now(), (terminalSize()?.width ?? 80) - spinnerWidth - 1),
  }).start();
  return {
    clear: () => void spinner.clear(),
    pause: () => void spinner.stop(),
    resume: () => void spinner.start(),
    stop: () => void spinner.stop(),
  };
}

/** Whether the locale has more than ASCII, by the first variable that names it. On Windows and macOS terminals do without one. */
function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((each) => each !== undefined && each !== '');
  return locale === undefined ? process.platform !== 'linux' : /utf-?8/i.test(locale);
}

/** What ora needs of a terminal, over the one way that messages go. */
function terminalStream(): NodeJS.WritableStream {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printError(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, {
    isTTY: true,
    columns: 1 << 16,
    cursorTo: () => {
      printError('\r');
    },
    clearLine: () => {
      printError('\x1b[K');
    },
    moveCursor: () => {},
  });
}
