import { KxError } from '../../lib/errors/index.ts';
import { isRegex } from '../selection-words.ts';

/** More than a cluster has, and soon made. */
const mostNames = 100_000;

/**
 * The words that a folded one stands for, as summaries and clush write it: `web-[0-2,5],db-1` is five. A range whose begin has
 * zeros in front keeps its width; several brackets are all combinations. A /REGEX/ stays as it is. Throws KX_USAGE for
 * brackets that are no ranges.
 */
export function unfoldNames(word: string): readonly string[] {
  if (isRegex(word) || !/[[\],]/.test(word)) return [word];
  const tokens = word.match(/\[[^[\]]*\]|[^[\],]+|,/g) ?? [];
  const parts: string[][] = [[]];
  for (const token of tokens) {
    if (token === ',') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  if (tokens.join('') !== word || parts.some((part) => part.length === 0)) throw refusal(word);
  return parts.flatMap((part) =>
    part.reduce<readonly string[]>(
      (heads, token) => {
        const tails = token.startsWith('[') ? readRanges(token.slice(1, -1), word) : [token];
        if (heads.length * tails.length > mostNames) throw refusal(word);
        return heads.flatMap((head) => tails.map((tail) => head + tail));
      },
      [''],
    ),
  );
}

function readRanges(text: string, word: string): readonly string[] {
  return text.split(',').flatMap((range) => {
    const [, first = '', last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(range) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (first === '' || count < 1 || count > mostNames) throw refusal(word);
    const width = first.startsWith('0') ? first.length : 0;
    return Array.from({ length: count }, (_, place) => String(Number(first) + place).padStart(width, '0'));
  });
}

function refusal(word: string): KxError {
  return new KxError('KX_USAGE', `${JSON.stringify(word)} does not name targets`, {
    hint: `folded names are like web-[0-2,5],db-1; up to ${mostNames} of them`,
  });
}
