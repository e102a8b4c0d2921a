import { KxError } from '../errors/index.ts';
import { styles, type Style } from './paint.ts';

const fieldNames = ['context', 'namespace', 'pod', 'container', 'node', 'time', 'stream', 'message'] as const;

/** `{name}`, `{message.path}`, `{name|function|…}`. */
export interface TemplateField {
  readonly name: (typeof fieldNames)[number];
  /** Of `{message.a.b}`: a and b. */
  readonly path: readonly string[];
  readonly functions: readonly (Style | 'color' | 'json')[];
}

const escapes: Readonly<Record<string, string>> = { '{{': '{', '}}': '}', '\\n': '\n', '\\t': '\t', '\\\\': '\\' };

/** The texts and fields of a template; see `createTemplateRenderer`. Throws KX_USAGE. */
export function parseTemplate(template: string): (string | TemplateField)[] {
  const tokens = template.match(/\{\{|\}\}|\\[nt\\]|\{[^{}]*\}|[^{}\\]+|./gsu) ?? [];
  const parts = tokens.map((token) => {
    const literal = escapes[token];
    if (literal !== undefined) return literal;
    if (token === '{' || token === '}') throw invalid(token, `a brace by itself is ${token}${token}`);
    return token.startsWith('{') ? parseField(token) : token;
  });
  // Most likely the braces of another language, such as Go's.
  if (parts.every((part) => typeof part === 'string'))
    throw invalid(template, 'a field has one brace: {pod} {message}');
  return parts;
}

function parseField(token: string): TemplateField {
  const [reference = '', ...functions] = token
    .slice(1, -1)
    .split('|')
    .map((word) => word.trim());
  const [first = '', ...path] = reference.split('.');
  const name = fieldNames.find((candidate) => candidate === first);
  if (name === undefined || (path.length > 0 && name !== 'message')) {
    throw invalid(token, `the fields are ${fieldNames.join(', ')}, and message.NAME of a line that is JSON`);
  }
  return { name, path, functions: functions.map((word) => parseFunction(word, name, token)) };
}

function parseFunction(word: string, name: TemplateField['name'], token: string): TemplateField['functions'][number] {
  if (word === 'json') return 'json';
  if (word !== 'color') {
    const style = styles.find((candidate) => candidate === word);
    if (style === undefined) throw invalid(token, `the functions are json, color, ${styles.join(', ')}`);
    return style;
  }
  if (name === 'pod' || name === 'container' || name === 'namespace' || name === 'context') return 'color';
  throw invalid(token, 'color is the colour of a pod or container; the others have names');
}

function invalid(token: string, hint: string): KxError {
  return new KxError('KX_USAGE', `invalid argument for "--template" flag: ${token} means nothing`, { hint });
}
