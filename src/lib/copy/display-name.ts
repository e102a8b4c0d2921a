import { escapeCharacter, escapeControls } from '../text/index.ts';
import type { Name } from './entry.ts';

/** A name for a message: as it is when it is plain UTF-8, else with escapes, so that no terminal interprets it. */
export function displayName(name: Name): string {
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  const printable = escapeControls(text);
  if (Buffer.from(text, 'utf8').equals(bytes)) return printable === '' ? '.' : printable;
  return name.replace(/[^\x20-\x7e]/g, escapeCharacter);
}
