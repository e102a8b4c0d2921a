import { errorCodes } from '../../src/lib/errors/index.ts';

/** docs/errors.md, from the table of codes. */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([code, { exit, when }]) => `| \`${code}\` | ${exit} | ${when} |`);
  return `# Errors and exit codes

Generated from src/lib/errors/codes.ts: change it there and run \`make surface\`.

The exit code of kx is that of the remote command, from 0 to 255. Where kx itself fails, it prints one line
\`error: message [CODE]\` on stderr, a line \`hint: …\` where something can be done, and exits with a code of this table.
A remote command may exit with these numbers too: the line on stderr tells the two apart.

| code | exit | when |
| --- | --- | --- |
${rows.join('\n')}
`;
}
