import { foldNames } from './fold-names.ts';
import { lineFeed } from './line.ts';
import type { Paint } from './paint.ts';

/** What several targets have in common, shown once. */
export interface Block {
  readonly names: readonly string[];
  /** Behind the count in the header, such as `exit code 1`. */
  readonly note?: string | undefined;
  readonly body: Buffer;
}

const rule = '-'.repeat(15);

/** The header of clush -b (a rule, the folded names with their count, a rule) and the body, which ends with a line feed. */
export function renderBlock({ names, note, body }: Block, paint: Paint): Buffer {
  const count = names.length > 1 ? ` (${names.length})` : '';
  const title = `${foldNames(names)}${count}${note === undefined ? '' : `: ${note}`}`;
  const header = [rule, title, rule].map((line) => `${paint.style('cyan', line)}\n`).join('');
  const isOpen = body.length > 0 && body.at(-1) !== lineFeed[0];
  return Buffer.concat([Buffer.from(header), body, isOpen ? lineFeed : Buffer.alloc(0)]);
}
