/** The candidate that a mistyped word most likely means; undefined when none is within a few slips. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.min(3, Math.floor(word.length / 3));
  let [best, least]: [string | undefined, number] = [undefined, limit + 1];
  for (const candidate of candidates) {
    const slips = countSlips(word, candidate, limit);
    if (slips < least) [best, least] = [candidate, slips];
  }
  return best;
}

/** The hint that names it; undefined where there is none. */
export function hintAt(word: string, candidates: Iterable<string>): string | undefined {
  const near = suggest(word, candidates);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** Letters too many, missing, wrong or swapped with their neighbour; Infinity when there are more than `limit`. */
function countSlips(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || limit < 0) return Infinity;
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return countSlips(restA, restB, limit);
  const swapped = a[0] === b[1] && a[1] === b[0] ? countSlips(a.slice(2), b.slice(2), limit - 1) : Infinity;
  const others = [
    countSlips(restA, b, limit - 1),
    countSlips(a, restB, limit - 1),
    countSlips(restA, restB, limit - 1),
  ];
  return 1 + Math.min(swapped, ...others);
}
