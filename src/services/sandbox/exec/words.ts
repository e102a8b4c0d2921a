import { KxError } from '../../../lib/errors/index.ts';

/** What each word of an annotation means; undefined for a value that it cannot have. */
export type WordReaders<Meaning> = Readonly<Record<string, (value: string | undefined) => Meaning | undefined>>;

/** Reads an annotation such as `cut-after=4KiB late-status=500ms`; KX_CONFIG for a word that is not known. */
export function readWords<Meaning extends object>(
  text: string,
  readers: WordReaders<Meaning>,
  { where, what }: { readonly where: string; readonly what: string },
): Partial<Meaning> {
  let meaning: Partial<Meaning> = {};
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const [name = '', value] = word.split('=', 2);
    const read = readers[name]?.(value);
    if (read === undefined) {
      throw new KxError('KX_CONFIG', `${where}: ${JSON.stringify(word)} is no ${what} that the sandbox knows`, {
        hint: `known are ${Object.keys(readers).join(', ')}; see docs/sandbox.md`,
      });
    }
    meaning = { ...meaning, ...read };
  }
  return meaning;
}

/** A meaning of a value; undefined for no value. */
export function wrap<Value, Meaning>(
  value: Value | undefined,
  meaning: (value: Value) => Meaning,
): Meaning | undefined {
  return value === undefined ? undefined : meaning(value);
}

const sizeUnits = { '': 1, KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30 } as const;

/** A number of bytes; undefined for what is none. */
export function readSize(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+)(KiB|MiB|GiB)?$/.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * sizeUnits[unit as keyof typeof sizeUnits];
}

/** Milliseconds; undefined for what is no duration. */
export function readDuration(text: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d+)(ms|s)$/.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 's' ? 1000 : 1);
}
