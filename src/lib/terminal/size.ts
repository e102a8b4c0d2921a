import { isatty, WriteStream } from 'node:tty';
import type { TerminalSize } from '../process/index.ts';

/** Whether a standard stream is a terminal. */
export function isTerminal(fd: 0 | 1 | 2): boolean {
  return isatty(fd);
}

/** Whether a line of a standard stream can be drawn anew: it is a terminal, and one that says that it moves a cursor. */
export function isScreen(fd: 0 | 1 | 2, { TERM = '' }: NodeJS.ProcessEnv = process.env): boolean {
  // The console of Windows has no TERM.
  return isTerminal(fd) && TERM !== 'dumb' && (TERM !== '' || process.platform === 'win32');
}

/** Undocumented, and the same in node and bun: both ask the terminal once, and again only for process.stdout. */
interface Screen extends WriteStream {
  _refreshSize(): void;
}

let screen: Screen | undefined;

/** The size of the terminal that stdout is, else of that of stdin or stderr; null where there is none, or it has no size. */
export function terminalSize(): TerminalSize | null {
  const fd = [1, 0, 2].find((candidate) => isatty(candidate));
  if (fd === undefined) return null;
  screen ??= new WriteStream(fd) as Screen;
  screen._refreshSize();
  const [width, height] = screen.getWindowSize();
  return width > 0 && height > 0 ? { width, height } : null;
}

/** Calls `onChange` with the new size whenever the terminal has changed its own. Gives back what ends that. */
export function watchTerminalSize(onChange: (size: TerminalSize) => void): () => void {
  let last = terminalSize();
  const look = (): void => {
    const size = terminalSize();
    if (size === null || (size.width === last?.width && size.height === last.height)) return;
    last = size;
    onChange(size);
  };
  process.on('SIGWINCH', look);
  return () => void process.off('SIGWINCH', look);
}
