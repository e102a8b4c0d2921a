/**
 * Text as values: names that no terminal interprets, and bytes cut into lines. What every layer may need and no layer owns.
 */
export { formatClock } from './clock.ts';
export { escapeCharacter, escapeControls } from './escape.ts';
export { createLineSplitter, type LineSplitter } from './lines.ts';
