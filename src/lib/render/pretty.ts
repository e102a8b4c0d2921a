import { isUtf8 } from 'node:buffer';
import { escapeControls } from '../text/index.ts';
import { escapeLine, parseObject, showText } from './json-object.ts';
import type { Paint, Style } from './paint.ts';

/** The names that loggers give to what every line has, in the order in which they are looked for. */
const timeNames = ['time', 'timestamp', '@timestamp', 'ts'];
const levelNames = ['level', 'lvl', 'severity', 'levelname', 'loglevel', 'log.level'];
const messageNames = ['msg', 'message'];

/** https://github.com/pinojs/pino/blob/main/docs/api.md#levels */
const pinoLevels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

const levelStyles: readonly [RegExp, Style][] = [
  [/^(trace|verbose)/i, 'gray'],
  [/^(debug|dbg)/i, 'cyan'],
  [/^(info|notice)/i, 'green'],
  [/^warn/i, 'yellow'],
  [/^err/i, 'red'],
  [/^(fatal|crit|panic|dpanic|alert|emerg)/i, 'redBright'],
];

/**
 * A JSON log line as text: time, level, message, and the other fields as `name=value` in the order of their names; texts of
 * several lines stand below. undefined when the line is no JSON object in UTF-8. `mark` gets each text before it is painted.
 */
export function prettify(bytes: Buffer, paint: Paint, mark: (text: string) => string): readonly string[] | undefined {
  const fields = parseObject(bytes.toString());
  if (fields === undefined || !isUtf8(bytes)) return undefined;
  const rest = new Map(Object.entries(fields));
  const [time, level, message] = [timeNames, levelNames, messageNames].map((names) => takeFirst(rest, names));
  const [first = '', ...more] = message === undefined ? [] : splitText(message);
  const words = [showTime(time, paint), showLevel(level, paint), mark(first)].filter((word) => word !== '');
  const below = more.map((line) => `    ${mark(line)}`);
  for (const [name, value] of [...rest].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = paint.style('gray', `${quote(name)}=`);
    if (typeof value !== 'string') words.push(key + mark(escapeLine(showText(value))));
    else if (!value.includes('\n')) words.push(key + mark(quote(value)));
    else below.push(`  ${key}`, ...splitText(value).map((line) => `    ${mark(line)}`));
  }
  return [words.join(' '), ...below];
}

function takeFirst(fields: Map<string, unknown>, names: readonly string[]): unknown {
  const name = names.find((candidate) => fields.has(candidate));
  if (name === undefined) return undefined;
  const value = fields.get(name);
  fields.delete(name);
  return value;
}

function showTime(value: unknown, paint: Paint): string {
  if (value === undefined) return '';
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return paint.style('gray', isNumber ? showEpoch(Number(value)) : escapeLine(showText(value)));
}

/** Seconds, or a thousandth, millionth or billionth of them: nobody logs times before 1973 or after 5138. */
function showEpoch(value: number): string {
  const scale = [1e11, 1e14, 1e17].findIndex((limit) => Math.abs(value) < limit);
  const date = new Date(Math.round(value * 1000 ** (1 - (scale === -1 ? 3 : scale))));
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString();
}

function showLevel(value: unknown, paint: Paint): string {
  if (value === undefined) return '';
  const name = typeof value === 'number' ? (pinoLevels[value] ?? String(value)) : showText(value);
  const style = levelStyles.find(([pattern]) => pattern.test(name))?.[1];
  const word = escapeLine(name.toUpperCase()).padEnd(5);
  return style === undefined ? word : paint.style(style, word);
}

function splitText(value: unknown): string[] {
  return showText(value).split('\n').map(escapeLine);
}

/** A text that is one word; in quotes where it would not be. */
function quote(text: string): string {
  return /^[^\s"=\p{C}]+$/u.test(text) ? text : JSON.stringify(text).replace(/\p{C}/gu, escapeControls);
}
