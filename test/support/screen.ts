/**
 * The rows that a terminal of so many columns shows after these bytes (latin1), without what is blank at their ends and below:
 * printable characters that wrap, CR, LF, BS, colours, and "erase to the end of the line". Throws for any other sequence, so
 * that no test passes over what it does not understand.
 */
export function rowsOf(bytes: string, columns: number): string[] {
  const text = Buffer.from(bytes, 'latin1').toString();
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  const current = (): string[] => (rows[row] ??= []);
  for (const [token] of text.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|\x1b.?|[^\x1b]/gu)) {
    if (token === '\r') column = 0;
    else if (token === '\n') row++;
    else if (token === '\b') column = Math.max(0, column - 1);
    else if (token === '\x1b[K' || token === '\x1b[0K') current().length = Math.min(current().length, column);
    // Colours, and marks around a frame.
    else if (/^\x1b\[([0-9;]*m|\?2026[hl])$/.test(token)) continue;
    else if (token < ' ' || token === '\x7f') throw new Error(`the screen got ${JSON.stringify(token)}`);
    else {
      if (column === columns) [row, column] = [row + 1, 0];
      const cells = current();
      while (cells.length < column) cells.push(' ');
      cells[column++] = token;
    }
  }
  const shown = Array.from(rows, (cells: string[] | undefined) => (cells ?? []).join('').trimEnd());
  while (shown.at(-1) === '') shown.pop();
  return shown;
}
