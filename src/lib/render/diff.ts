import { escapeControls } from '../text/index.ts';
import type { Paint, Style } from './paint.ts';

export interface NamedText {
  readonly name: string;
  readonly text: Buffer;
}

const lineStyles: Readonly<Record<string, Style>> = { '-': 'red', '+': 'green', '@': 'cyan', '\\': 'gray' };

/**
 * A unified diff with three lines of context, byte for byte; empty when the texts are equal. Of texts that differ in a thousand
 * lines only that is said.
 */
export async function renderDiff(from: NamedText, to: NamedText, paint: Paint): Promise<Buffer> {
  if (from.text.equals(to.text)) return Buffer.alloc(0);
  const { findHunks } = await import('./unified-diff.ts');
  // Each byte is a character: none is lost, and line feeds stay what they are.
  const hunks = findHunks(from.text.toString('latin1'), to.text.toString('latin1'));
  const names = [`--- ${escapeControls(from.name)}`, `+++ ${escapeControls(to.name)}`];
  const lines = names.map((line) => paint.style('bold', line));
  if (hunks === undefined) lines.push('the texts differ in more lines than are shown');
  const header = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const body = (hunks ?? []).flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    `@@ -${writeStretch(oldStart, oldLines)} +${writeStretch(newStart, newLines)} @@`,
    ...changed,
  ]);
  const painted = body.map((line) => {
    const style = lineStyles[line[0] ?? ''];
    return `${style === undefined ? line : paint.style(style, line)}\n`;
  });
  return Buffer.concat([header, Buffer.from(painted.join(''), 'latin1')]);
}

/** Of no lines, the begin is the line before them. */
function writeStretch(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}
