import { RE2JS } from 're2js';
import { KxError } from '../errors/index.ts';

/** A regular expression over text. */
export interface Regex {
  test(text: string): boolean;
  /** Flat pairs of start and end in UTF-16 units; empty matches are left out. */
  ranges(text: string): readonly number[];
}

/** One expression of all that are given. Throws KX_USAGE that names `flag`, where it is of one. */
export function compileRegex(patterns: readonly string[], flag: string | undefined): Regex {
  const compiled = patterns.map((pattern) => compile(pattern, flag));
  const [only] = compiled;
  const regex = compiled.length === 1 && only !== undefined ? only : compile(patterns.map(group).join('|'), flag);
  return {
    test: (text) => regex.test(text),
    ranges: (text) => {
      // Most lines do not match, and that is found out many times faster.
      if (!regex.test(text)) return [];
      const matcher = regex.matcher(text);
      const ranges: number[] = [];
      while (matcher.find()) if (matcher.end() > matcher.start()) ranges.push(matcher.start(), matcher.end());
      return ranges;
    },
  };
}

function group(pattern: string): string {
  return `(?:${pattern})`;
}

function compile(pattern: string, flag: string | undefined): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const place = flag === undefined ? '' : ` for "--${flag}" flag`;
    throw new KxError('KX_USAGE', `invalid argument "${pattern}"${place}: ${reason}`, {
      cause,
      hint: 'regular expressions are those of RE2: no back-references and no look-around',
    });
  }
}
