import { escapeControls } from '../text/index.ts';
import type { ByteSink } from './byte-sink.ts';
import { escapeLine, parseObject, showText } from './json-object.ts';
import { lineFeed, oncePerSource, type Line, type LineRenderer, type LineSource } from './line.ts';
import { marksOf, type Paint } from './paint.ts';
import { createPalette } from './palette.ts';
import { parseTemplate, type TemplateField } from './parse-template.ts';

export interface TemplateOptions {
  readonly paint: Paint;
  readonly formatTime: (at: string) => string;
  /** Appends the text of a line, with what is painted in it. */
  readonly highlight: (bytes: Buffer, out: ByteSink) => void;
}

type Marks = readonly [open: Buffer, close: Buffer];

/**
 * Lines by a template: `{field}`, or `{field|function|…}`, stands for a part of the line; `{message.a.b}` for a field of a line
 * that is JSON, which is empty elsewhere, and stays one line. Functions: a style, `color` (the steady colour of the pod or container), `json` (as
 * a JSON string). `{{` and `}}` are braces, `\n`, `\t` and `\\` what they are in JSON. Throws KX_USAGE.
 */
export function createTemplateRenderer(template: string, options: TemplateOptions): LineRenderer {
  const stylesOf = createPalette();
  const parts = parseTemplate(template).map((part): LineRenderer => {
    if (typeof part === 'string') return pushText(part);
    const marks = oncePerSource((source) => joinMarks(part, stylesOf(source), options.paint));
    return renderField(part, marks, options);
  });
  return (line, out) => {
    for (const part of parts) part(line, out);
    out.push(lineFeed);
  };
}

function pushText(text: string): LineRenderer {
  const bytes = Buffer.from(text);
  return (_, out) => out.push(bytes);
}

function joinMarks(field: TemplateField, own: ReturnType<ReturnType<typeof createPalette>>, paint: Paint): Marks {
  const names = field.functions.filter((word) => word !== 'json');
  const ownStyle = field.name === 'container' ? own.container : own.pod;
  const marks = names.map((name) => marksOf(paint, name === 'color' ? ownStyle : name));
  const [opens, closes] = [marks.map(([open]) => open), marks.map(([, close]) => close).reverse()];
  return [Buffer.from(opens.join('')), Buffer.from(closes.join(''))];
}

function renderField(
  { name, path, functions }: TemplateField,
  marksFor: (source: LineSource) => Marks,
  { formatTime, highlight }: TemplateOptions,
): LineRenderer {
  const isJson = functions.includes('json');
  return (line, out) => {
    const value = name === 'message' ? messageOf(line.bytes, path) : Buffer.from(textOf(name, line, formatTime));
    const [open, close] = marksFor(line.source);
    out.push(open);
    if (isJson) out.push(Buffer.from(JSON.stringify(value.toString())));
    else if (name === 'message') highlight(value, out);
    else out.push(value);
    out.push(close);
  };
}

function textOf(
  name: Exclude<TemplateField['name'], 'message'>,
  line: Line,
  formatTime: TemplateOptions['formatTime'],
): string {
  if (name === 'time') return line.at === undefined ? '' : formatTime(line.at);
  if (name === 'stream') return line.stream ?? '';
  return escapeControls(line.source[name] ?? '');
}

function messageOf(bytes: Buffer, path: readonly string[]): Buffer {
  if (path.length === 0) return bytes;
  let value: unknown = parseObject(bytes.toString());
  for (const name of path) value = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return Buffer.from(value === undefined ? '' : escapeLine(showText(value)));
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
