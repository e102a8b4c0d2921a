import type { ByteSink } from './byte-sink.ts';
import type { Matcher } from './matcher.ts';
import { createHighlighter, createTextHighlighter } from './highlight.ts';
import { createJsonRenderer } from './json-line.ts';
import { lineFeed, oncePerSource, type Line, type LineRenderer, type LineSource } from './line.ts';
import { createPaint, type Paint } from './paint.ts';
import { createPrefixer, type PrefixChoice, type PrefixParts } from './prefix.ts';
import { prettify } from './pretty.ts';
import { createTemplateRenderer } from './template.ts';
import { createTimeFormat, type TimestampChoice } from './timestamp.ts';

export const outputChoices = ['prefix', 'raw', 'json', 'ndjson-parsed'] as const;
export type OutputChoice = (typeof outputChoices)[number];

export interface RendererOptions {
  readonly output: OutputChoice;
  /** Stands in the place of `output`: see `createTemplateRenderer`. */
  readonly template?: string | undefined;
  readonly prefix: PrefixChoice;
  readonly parts: PrefixParts;
  readonly paint: Paint;
  /** undefined: no times in text. JSON and templates have theirs anyway. */
  readonly timestamps?: TimestampChoice | undefined;
  /** An IANA name or `local`; undefined: see `createTimeFormat`. */
  readonly timezone?: string | undefined;
  /** Lines that are JSON are shown as text with coloured levels; for `prefix`. */
  readonly pretty?: boolean | undefined;
  /** What to paint in the text of lines; for `prefix` and templates. */
  readonly highlight?: Matcher | undefined;
}

/**
 * How lines are written: `prefix` is text, `raw` the bytes as they are (with the time in front where `timestamps` asks for it),
 * `json` and `ndjson-parsed` see `createJsonRenderer`. As text, a log that does not end with a line
 * feed gets one only when another line follows. Throws KX_USAGE for a template or a time zone that means nothing.
 */
export function createLineRenderer(options: RendererOptions): LineRenderer {
  const { output, template, paint, timestamps, timezone } = options;
  if (template !== undefined) {
    const formatTime = createTimeFormat(timestamps ?? 'default', timezone);
    return createTemplateRenderer(template, {
      paint,
      formatTime,
      highlight: createHighlighter(options.highlight, paint),
    });
  }
  if (output === 'prefix') return createTextRenderer(options);
  if (output === 'raw') return createTextRenderer({ ...options, ...plain });
  return createJsonRenderer(output === 'ndjson-parsed', createTimeFormat('default', timezone));
}

const escape = 0x1b;
/** Ends every colour and style. */
const reset = Buffer.from('\x1b[0m');

/** Whether a text ends within a colour or style; undefined: there is none in it. */
function staysColoured(bytes: Buffer): boolean | undefined {
  const last = bytes.lastIndexOf(escape);
  return last < 0 ? undefined : !/^\x1b\[0?m/.test(bytes.toString('latin1', last, last + 4));
}

const plain = { prefix: 'none', pretty: false, paint: createPaint(false) } as const;

function createTextRenderer(options: RendererOptions): LineRenderer {
  const { paint, timestamps, timezone } = options;
  const prefixText = createPrefixer(options.prefix, options.parts, paint);
  const prefixOf = oncePerSource((source) => Buffer.from(prefixText(source)));
  const formatTime = timestamps === undefined ? undefined : createTimeFormat(timestamps, timezone);
  const highlight = createHighlighter(options.highlight, paint);
  const isMarked = options.highlight !== undefined && paint.enabled;
  const mark = createTextHighlighter(options.highlight, paint);
  const pushHead = (line: Line, out: ByteSink): void => {
    const prefix = prefixOf(line.source);
    if (prefix.length > 0) out.push(prefix);
    if (formatTime !== undefined && line.at !== undefined) out.push(Buffer.from(`${formatTime(line.at)} `));
  };
  // Where the line before has no line feed yet: its source, if this line may go on with it.
  let open: { readonly source: LineSource | undefined } | undefined;
  // Colours that a line brings along end with it, where it may share a terminal with others.
  let isColoured = false;
  return (line, out) => {
    const isPiece = line.end === 'piece';
    const isRest = open?.source === line.source;
    if (open !== undefined && !isRest) {
      if (isColoured) out.push(reset);
      isColoured = false;
      out.push(lineFeed);
    }
    open = isPiece ? { source: line.source } : line.end === 'nothing' ? { source: undefined } : undefined;
    const pretty = options.pretty === true && !isPiece && !isRest ? prettify(line.bytes, paint, mark) : undefined;
    if (pretty !== undefined) {
      open = undefined;
      for (const text of pretty) {
        pushHead(line, out);
        out.push(Buffer.from(`${text}\n`));
      }
      return;
    }
    if (!isRest) pushHead(line, out);
    if (line.span === undefined || isMarked) highlight(line.bytes, out);
    else out.pushPart(line.span.whole, line.span.from, line.span.to);
    if (paint.enabled) isColoured = staysColoured(line.bytes) ?? isColoured;
    if (isPiece) return;
    if (isColoured) out.push(reset);
    isColoured = false;
    if (open === undefined) out.push(lineFeed);
  };
}
