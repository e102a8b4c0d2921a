const [begin, end] = ['# >>> kubectl-kx completion >>>', '# <<< kubectl-kx completion <<<'];

/** A start-up file with the lines of kx at its end, between two marks. They replace what stands between them already. */
export function addLines(text: string, lines: readonly string[]): string {
  const rest = removeLines(text);
  const separator = rest === '' || rest.endsWith('\n') ? '' : '\n';
  return `${rest}${separator}${[begin, ...lines, end].join('\n')}\n`;
}

/** A start-up file without the lines of kx. A mark without its other half is left alone. */
export function removeLines(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from === -1 || to === -1) return text;
  return text.slice(0, from) + text.slice(to + end.length).replace(/^\n/, '');
}
