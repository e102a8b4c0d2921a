import { decodeLine } from './decode-line.ts';
import { literalsOf, matchLiterals } from './literals.ts';
import { joinRanges, type Matcher, type NameMatcher } from './matcher.ts';

/**
 * A line matches when one of the patterns does. They are RE2's (https://github.com/google/re2/wiki/Syntax): the time is linear
 * in the length of the line, and there are no back-references and no look-around. Bytes that are not UTF-8 count as U+FFFD.
 * Rejects with KX_USAGE that names `flag`.
 */
export async function compilePatterns(patterns: readonly string[], flag: string): Promise<Matcher> {
  const literals: string[] = [];
  const expressions: string[] = [];
  for (const pattern of patterns) {
    const texts = literalsOf(pattern);
    if (texts === undefined) expressions.push(pattern);
    else literals.push(...texts);
  }
  const plain = matchLiterals(literals);
  if (expressions.length === 0) return plain;
  const { compileRegex } = await import('./regex.ts');
  const regex = compileRegex(expressions, flag);
  return {
    test: (bytes) => plain.test(bytes) || regex.test(decodeLine(bytes).text),
    ranges: (bytes) => {
      const { text, toBytes } = decodeLine(bytes);
      return joinRanges([...plain.ranges(bytes), ...toBytes(regex.ranges(text))]);
    },
  };
}

/** A pattern that may match anywhere in a name. Rejects with KX_USAGE that names `flag`, where it is of one. */
export async function compileNamePattern(pattern: string, flag?: string): Promise<NameMatcher> {
  const literals = literalsOf(pattern);
  if (literals !== undefined) return { test: (text) => literals.some((literal) => text.includes(literal)) };
  const { compileRegex } = await import('./regex.ts');
  return compileRegex([pattern], flag);
}
