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

/**
 * Milliseconds of a Go duration such as `1m30s`, `500ms`, `-1.5h` or `0`; undefined when it is not one.
 * Source: time.ParseDuration.
 */
export function parseDuration(text: string): number | undefined {
  const [, sign, amounts = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (amounts === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(amounts)) return undefined;
  let total = 0;
  for (const [, amount = '', unit = ''] of amounts.matchAll(/([\d.]+)([a-zµμ]+)/g)) {
    total += Number(amount) * (unitMilliseconds[unit] ?? 0);
  }
  return sign === '-' ? -total : total;
}
