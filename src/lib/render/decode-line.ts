import { isUtf8 } from 'node:buffer';

/** A line as text, and the way back to its bytes. */
export interface DecodedLine {
  readonly text: string;
  /** Turns indices of `text`, in their order, into those of the bytes. */
  readonly toBytes: (indices: readonly number[]) => readonly number[];
}

/** Reads UTF-8; each byte that is none becomes one U+FFFD. */
export function decodeLine(bytes: Buffer): DecodedLine {
  const text = bytes.toString();
  // As many units as bytes: each stands for one, whether it is ASCII or no UTF-8.
  if (text.length === bytes.length) return { text, toBytes: (indices) => indices };
  if (isUtf8(bytes)) return { text, toBytes: (indices) => countBytes(text, indices) };
  return decodeBroken(bytes);
}

function countBytes(text: string, indices: readonly number[]): number[] {
  let [from, at] = [0, 0];
  return indices.map((index) => {
    at += Buffer.byteLength(text.slice(from, index));
    from = index;
    return at;
  });
}

function decodeBroken(bytes: Buffer): DecodedLine {
  let text = '';
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    const character = length === 0 ? '\ufffd' : bytes.toString('utf8', at, at + length);
    for (let unit = 0; unit < character.length; unit++) starts.push(at);
    text += character;
    at += Math.max(1, length);
  }
  return { text, toBytes: (indices) => indices.map((index) => starts[index] ?? bytes.length) };
}

/** Of the character that begins at `at`; 0 when none does. */
function characterLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const character = bytes.subarray(at, at + length);
  return character.length === length && isUtf8(character) ? length : 0;
}
