import { joinRanges, type Matcher } from './matcher.ts';

/**
 * The plain texts that a regular expression stands for: `a|b\.c` is `a` and `b.c`; undefined when it is more than that. Plain
 * texts are found many times faster, and need no RE2.
 */
export function literalsOf(pattern: string): readonly string[] | undefined {
  if (!/^(?:[^\\.^$*+?()[\]{}]|\\[\\.^$*+?()[\]{}|/-])*$/u.test(pattern)) return undefined;
  const texts = [''];
  for (const [, escaped, plain] of pattern.matchAll(/\\(.)|(.)/gsu)) {
    if (plain === '|') texts.push('');
    else texts.push((texts.pop() ?? '') + (escaped ?? plain ?? ''));
  }
  return texts;
}

/** Matches lines that have one of the texts. */
export function matchLiterals(texts: readonly string[]): Matcher {
  const needles = texts.map((text) => Buffer.from(text));
  return {
    test: (bytes) => needles.some((needle) => bytes.includes(needle)),
    ranges: (bytes) => joinRanges(needles.flatMap((needle) => findAll(needle, bytes))),
  };
}

function findAll(needle: Buffer, bytes: Buffer): number[] {
  const ranges: number[] = [];
  if (needle.length === 0) return ranges;
  for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + needle.length)) {
    ranges.push(at, at + needle.length);
  }
  return ranges;
}
