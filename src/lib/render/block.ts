import { foldNames } from './fold-names.ts';
import { lineFeed } from './line.ts';
import type { Paint } from './paint.ts';

/** What several targets have in common, shown once. */
export interface Block {
  readonly names: readonly string[];
  /** Behind the count in the header, such as `exit code 1`. */
  readonly note?: string | undefined;
  /** In pieces. */
  readonly body: AsyncIterable<Buffer> | Iterable<Buffer>;
}

const rule = '-'.repeat(15);

/** The header of clush -b (a rule, the folded names with their count, a rule) and the body, which ends with a line feed. */
export async function* renderBlock({ names, note, body }: Block, paint: Paint): AsyncGenerator<Buffer> {
  const count = names.length > 1 ? ` (${names.length})` : '';
  const title = `${foldNames(names)}${count}${note === undefined ? '' : `: ${note}`}`;
  yield Buffer.from([rule, title, rule].map((line) => `${paint.style('cyan', line)}\n`).join(''));
  let last = lineFeed[0];
  for await (const piece of body) {
    yield piece;
    last = piece.at(-1) ?? last;
  }
  if (last !== lineFeed[0]) yield lineFeed;
}
