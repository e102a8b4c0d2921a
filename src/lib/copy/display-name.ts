import type { Name } from './entry.ts';

/** A name for a message: as it is when it is plain UTF-8, else with escapes, so that no terminal interprets it. */
export function displayName(name: Name): string {
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  const printable = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, escape);
  if (Buffer.from(text, 'utf8').equals(bytes)) return printable === '' ? '.' : printable;
  return name.replace(/[^\x20-\x7e]/g, escape);
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\n') return '\\n';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
