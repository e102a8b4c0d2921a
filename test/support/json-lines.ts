/** The values of NDJSON. */
export function readJsonLines<T>(text: Buffer): T[] {
  return text
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
