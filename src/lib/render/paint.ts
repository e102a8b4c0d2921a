import { Chalk } from 'chalk';

export const colorChoices = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof colorChoices)[number];

/** The colours and styles of a terminal of 16 colours, by their names in chalk. */
export const styles = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
  'gray',
  'redBright',
  'greenBright',
  'yellowBright',
  'blueBright',
  'magentaBright',
  'cyanBright',
  'whiteBright',
  'bold',
  'dim',
  'italic',
  'underline',
  'inverse',
] as const;
export type Style = (typeof styles)[number];

/** The colours to paint with; they add nothing where colours are off. */
export interface Paint {
  readonly enabled: boolean;
  style(style: Style, text: string): string;
}

/**
 * Whether to paint what goes to an output. `auto` is on a terminal; FORCE_COLOR and NO_COLOR (https://no-color.org) overrule
 * what the terminal is, in this order, as they do for Node.
 */
export function wantsColor(choice: ColorChoice, isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

export function createPaint(enabled: boolean): Paint {
  const chalk = new Chalk({ level: enabled ? 1 : 0 });
  return { enabled, style: (style, text) => chalk[style](text) };
}

/** What a style puts in front of a text and behind it. */
export function marksOf(paint: Paint, style: Style): readonly [string, string] {
  const [open = '', close = ''] = paint.style(style, '\0').split('\0');
  return [open, close];
}
