/** The longest sleep that two tests never both choose: the words of a `sleep` by which its process is found. */
export function uniqueSleep(): string {
  return `77${Math.floor(Math.random() * 1e8)}`;
}

/** A command that prints how many processes `sleep MARK` there are in its container. It does not find itself. */
export function countSleepers(mark: string): string[] {
  const half = Math.floor(mark.length / 2);
  const script = [
    'm="sleep $1$2 "; n=0;',
    'for f in /proc/[0-9]*/cmdline; do',
    '{ c=$(tr "\\000" " " <"$f"); } 2>/dev/null; case "$c" in "$m") n=$((n+1));; esac;',
    'done; echo $n',
  ].join(' ');
  return ['sh', '-c', script, 'count', mark.slice(0, half), mark.slice(half)];
}
