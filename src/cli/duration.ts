const unitMilliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const amount = String.raw`(\d+\.?\d*|\.\d+)`;
const form = new RegExp(`^(${amount}(${Object.keys(unitMilliseconds).join('|')}))+$`);

/**
 * Milliseconds of a Go duration such as `1m30s`, `500ms`, `-1.5h` or `0`; undefined when it is not one.
 * Source: time.ParseDuration.
 */
export function parseDuration(text: string): number | undefined {
  const [, sign, amounts = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (amounts === '0') return 0;
  if (!form.test(amounts)) return undefined;
  let total = 0;
  for (const [, amount = '', unit = ''] of amounts.matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    total += Number(amount) * (unitMilliseconds[unit] ?? 0);
  }
  return sign === '-' ? -total : total;
}

/** What time.ParseDuration says of a text that is no duration. */
export function explainDuration(text: string): string {
  const parts = new RegExp(`^[+-]?(${amount}[^\\d.]+)*${amount}([^\\d.]*)`).exec(text);
  if (parts === null || parts[0].length < text.length) return `time: invalid duration "${text}"`;
  const units = text.split(/[+-]?[\d.]+/).slice(1);
  const unknown = units.find((unit) => unitMilliseconds[unit] === undefined);
  const problem = unknown === '' ? 'missing unit' : `unknown unit "${unknown ?? ''}"`;
  return `time: ${problem} in duration "${text}"`;
}
