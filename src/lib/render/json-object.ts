import { escapeControls } from '../text/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Whether a text is a JSON object. */
export function isObject(text: string): boolean {
  return parse(text) !== undefined;
}

/** What is nested deeper is left as it is: to show it would take the stack. */
const deepest = 1000;

/**
 * The JSON object that a text is; undefined when it is none, or nested too deep to be shown. Integers that a number cannot hold, such as the ids of traces,
 * are a bigint.
 */
export function parseObject(text: string): Fields | undefined {
  if (isDeep(text)) return undefined;
  // Only a number of so many digits can be too large, and a reviver takes several times as long.
  return /\d{16}/.test(text) ? parse(text, keepDigits) : parse(text);
}

/** Brackets within strings count, too: nobody logs so many. */
function isDeep(text: string): boolean {
  if (text.length < 2 * deepest) return false;
  let depth = 0;
  for (const [bracket] of text.matchAll(/[{}[\]]/g)) {
    depth += bracket === '{' || bracket === '[' ? 1 : -1;
    if (depth > deepest) return true;
  }
  return false;
}

function parse(text: string, revive?: (key: string, value: unknown) => unknown): Fields | undefined {
  // A look at the beginning spares most lines the exception.
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text, revive) as Fields;
  } catch {
    return undefined;
  }
}

/** https://github.com/tc39/proposal-json-parse-with-source */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** A value of JSON for a person: a text as it is, everything else as JSON. */
export function showText(value: unknown): string {
  return typeof value === 'string' ? value : showJson(value);
}

/** As JSON.stringify; integers that are too large for a number have all their digits. */
function showJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(showJson).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, field]) => `${JSON.stringify(name)}:${showJson(field)}`)
    .join(',')}}`;
}

/** A text out of JSON as a line for a terminal: a logger that wrote a control character as an escape kept it from terminals. */
export function escapeLine(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : text.split('\t').map(escapeControls).join('\t');
}
