import { KxError } from '../../lib/errors/index.ts';

/** So many targets, or such a part of all. */
export type Amount = { readonly count: number } | { readonly percent: number };

/** Reads `5` or `10%`; more than nothing, and no more than everything. Throws KX_USAGE that names the flag. */
export function parseAmount(text: string, flag: string): Amount {
  const [, digits = '', sign] = /^(\d+)(%?)$/.exec(text) ?? [];
  const value = Number(digits);
  if (digits !== '' && value > 0 && Number.isSafeInteger(value)) {
    if (sign !== '%') return { count: value };
    if (value <= 100) return { percent: value };
  }
  throw new KxError('KX_USAGE', `invalid argument "${text}" for "--${flag}" flag: neither a number nor a percentage`, {
    hint: 'such as 5 or 10%; both begin at 1',
  });
}

/** How many of `total` targets that are: a part is rounded up, so that it is never none. */
export function countOf(amount: Amount, total: number): number {
  return 'count' in amount ? amount.count : Math.max(1, Math.ceil((total * amount.percent) / 100));
}
