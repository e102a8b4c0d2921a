import { escapeControls } from '../text/index.ts';

/**
 * `web-[0-2,5],db-1` for names that differ in numbers, as clush and pdsh write them: a range whose begin has zeros in front
 * keeps its width. Nothing is lost; doubles count once. Names with brackets or commas of their own stay as they are.
 */
export function foldNames(names: readonly string[]): string {
  const shapes = new Map<string, { readonly texts: readonly string[]; readonly rows: string[][] }>();
  // By their texts, and numbers by what they are.
  const { compare } = new Intl.Collator('en', { numeric: true });
  for (const name of [...new Set(names)].sort((a, b) => compare(a, b) || (a < b ? -1 : 1))) {
    const texts = /[[\],]/.test(name) ? [name] : name.split(/\d+/);
    const numbers = texts.length === 1 ? [] : (name.match(/\d+/g) ?? []);
    const key = JSON.stringify(texts);
    const shape = shapes.get(key) ?? { texts, rows: [] };
    shapes.set(key, shape);
    shape.rows.push(numbers);
  }
  return [...shapes.values()].flatMap(({ texts, rows }) => joinRows(rows).map((row) => writeRow(texts, row))).join(',');
}

/** For each place of a number, all that stand there in the names of one row: a row is the product of its places. */
type Row = readonly (readonly string[])[];

/** Makes one row of those that differ in one place only, place by place from the last, until none do. */
function joinRows(rows: readonly (readonly string[])[]): Row[] {
  let joined: Row[] = rows.map((row) => row.map((number) => [number]));
  for (;;) {
    const before = joined.length;
    for (let place = (joined[0]?.length ?? 0) - 1; place >= 0; place--) joined = joinPlace(joined, place);
    if (joined.length === before) return joined;
  }
}

function joinPlace(rows: readonly Row[], place: number): Row[] {
  const joined = new Map<string, (readonly string[])[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.with(place, []));
    const found = joined.get(key);
    if (found === undefined) joined.set(key, [...row]);
    else found[place] = [...(found[place] ?? []), ...(row[place] ?? [])];
  }
  return [...joined.values()];
}

function writeRow(texts: readonly string[], row: Row): string {
  return texts.map((text, index) => escapeControls(text) + writeNumbers(row[index] ?? [])).join('');
}

/** `[0-2,5]`; a number by itself has no brackets. */
function writeNumbers(numbers: readonly string[]): string {
  const ranges: { first: string; last: string }[] = [];
  const awaited = new Map<string, { first: string; last: string }>();
  for (const number of [...numbers].sort(compareNumbers)) {
    const range = awaited.get(number) ?? { first: number, last: number };
    if (range.last === number) ranges.push(range);
    awaited.delete(number);
    range.last = number;
    awaited.set(successor(number, range.first), range);
  }
  const written = ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`));
  return numbers.length > 1 ? `[${written.join(',')}]` : written.join('');
}

function compareNumbers(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference === 0n ? b.length - a.length : difference < 0n ? -1 : 1;
}

/** The number that follows in a range that begins with `first`. */
function successor(number: string, first: string): string {
  const next = String(BigInt(number) + 1n);
  return first.startsWith('0') && first.length > 1 ? next.padStart(first.length, '0') : next;
}
