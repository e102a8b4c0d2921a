import { toKxError, type KxError } from '../lib/errors/index.ts';
import { isTerminal, printError } from '../lib/terminal/index.ts';
import { asCalled } from './called-as.ts';

export interface Report {
  /** For stderr: a line `error: …`, and `hint: …` where there is one. */
  readonly text: string;
  readonly exit: number;
}

/** How any thrown value is shown and what kx exits with. `verbose` adds the stack of a fault of kx. */
export function reportError(thrown: unknown, verbose: boolean): Report {
  const error = toKxError(thrown);
  const lines = [`error: ${oneLine(error.message)} [${error.code}]`];
  if (error.hint !== undefined) lines.push(`hint: ${oneLine(error.hint)}`);
  if (verbose) lines.push(...explainCauses(error));
  return { text: asCalled(`${lines.join('\n')}\n`), exit: error.exit };
}

/** Prints what went wrong and gives the exit code. Colours are loaded only where somebody looks. */
export async function printReport(thrown: unknown, verbose: boolean): Promise<number> {
  const { text, exit } = reportError(thrown, verbose);
  printError(isTerminal(2) ? (await import('./paint.ts')).paintReport(text) : text);
  return exit;
}

function explainCauses(error: KxError): string[] {
  const lines: string[] = [];
  let cause = error.cause;
  // A cycle of causes is possible, a useful chain of more than five is not.
  for (let depth = 0; cause instanceof Error && depth < 5; depth++) {
    lines.push(`cause: ${error.code === 'KX_INTERNAL' ? (cause.stack ?? cause.message) : oneLine(cause.message)}`);
    cause = cause.cause;
  }
  return lines;
}

/** Messages come from servers too: a line stays a line, and a terminal gets no control characters. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, '; ')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '?');
}
