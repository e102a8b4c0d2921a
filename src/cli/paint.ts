import { createPaint, wantsColor } from '../lib/render/index.ts';

/** The first words of a report for a terminal, in colour if it is wanted. */
export function paintReport(text: string): string {
  const paint = createPaint(wantsColor('auto', true, process.env));
  const [error, hint] = [paint.style('bold', paint.style('red', 'error:')), paint.style('cyan', 'hint:')];
  return text.replace(/^error:/m, error).replace(/^hint:/m, hint);
}
