/**
 * Text for a person: names that no terminal interprets, and times. Every layer may need them, and none owns them.
 */
export { formatClock } from './clock.ts';
export { escapeCharacter, escapeControls } from './escape.ts';
