import { KxError } from '../../lib/errors/index.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes for a person: `17 B`, `1.5 MiB`, `230 MiB`. */
export function formatBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  // What would be rounded to 1024 is one of the next unit.
  while (Math.round(amount) >= 1024 && unit < units.length - 1) [amount, unit] = [amount / 1024, unit + 1];
  const digits = unit === 0 || amount >= 99.95 ? 0 : 1;
  return `${amount.toFixed(digits)} ${units[unit]}`;
}

const thousands: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 };

/** Bytes as a number with a suffix of Kubernetes' quantities: `500M` or `2Gi`, also `2GiB`. Throws KX_USAGE that names the flag. */
export function parseSize(text: string, flag: string): number {
  const [, number = '', letter = '', binary] = /^(\d+(?:\.\d+)?)([kmgt]?)(i?)b?$/i.exec(text) ?? [];
  const power = thousands[letter.toLowerCase()] ?? 0;
  if (number === '' || (binary !== '' && power === 0)) {
    throw new KxError('KX_USAGE', `invalid argument "${text}" for "--${flag}" flag: not a number of bytes`, {
      hint: 'a number, or one with a suffix: 500k, 500M, 2Gi',
    });
  }
  return Math.floor(Number(number) * (binary === '' ? 1000 : 1024) ** power);
}
