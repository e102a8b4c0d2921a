/** A moment: whole seconds since 1970 and nanoseconds. */
export interface Moment {
  readonly second: number;
  readonly nano: number;
}

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;

/** Reads RFC 3339, with any part of a second; undefined for anything else. */
export function parseMoment(text: string): Moment | undefined {
  const [, seconds, fraction = '', zone] = form.exec(text) ?? [];
  if (seconds === undefined || zone === undefined) return undefined;
  const milliseconds = Date.parse(seconds + zone);
  if (Number.isNaN(milliseconds)) return undefined;
  return { second: milliseconds / 1000, nano: Number(fraction.padEnd(9, '0')) };
}

/** Negative when `a` is earlier. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.second - b.second || a.nano - b.nano;
}

/** Length of what kubelets send: nine digits, `Z`. Two of that form compare as text. */
const fixedLength = 30;

/** Negative when the timestamp `a` is earlier. What is no timestamp counts as the earliest. */
export function compareTimestamps(a: string, b: string): number {
  if (a.length === fixedLength && b.length === fixedLength && a.endsWith('Z') && b.endsWith('Z')) {
    return a < b ? -1 : Number(a > b);
  }
  const [left, right] = [parseMoment(a), parseMoment(b)];
  if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined);
  return compareMoments(left, right);
}

/** A whole second as the query parameter `sinceTime`, which the API server cuts to seconds anyway. */
export function formatSecond(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}
