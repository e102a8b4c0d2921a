import { isUtf8 } from 'node:buffer';

/** Bytes as fields of JSON. */
export type TextFields<N extends string> = Readonly<Record<N, string> & Partial<Record<`${N}Base64`, string>>>;

/**
 * `{ [name]: text }`, and where the bytes are not UTF-8 also `[name]Base64` with all of them: the text then has U+FFFD in
 * their places.
 */
export function textFields<N extends string>(name: N, bytes: Buffer): TextFields<N> {
  const fields: Record<string, string> = { [name]: bytes.toString() };
  if (!isUtf8(bytes)) fields[`${name}Base64`] = bytes.toString('base64');
  return fields as TextFields<N>;
}
