import {
  createByteSink,
  createLineRenderer,
  createPaint,
  type Line,
  type RendererOptions,
} from '../../../src/lib/render/index.ts';

export const source = { namespace: 'shop', pod: 'web-0', container: 'app', node: 'node-1' };
export const at = '2026-03-01T17:04:05.000000001Z';
export const painted = createPaint(true);

const defaults: RendererOptions = {
  output: 'prefix',
  prefix: 'none',
  parts: { context: false, namespace: false, container: true },
  paint: createPaint(false),
};

/** What a renderer makes of lines of one container. */
export function renderBytes(options: Partial<RendererOptions>, ...lines: readonly Partial<Line>[]): Buffer {
  const render = createLineRenderer({ ...defaults, ...options });
  const out = createByteSink();
  for (const line of lines) render({ source, at, bytes: Buffer.from('text'), ...line }, out);
  return out.take();
}

/** The same as text. */
export function render(options: Partial<RendererOptions>, ...lines: readonly Partial<Line>[]): string {
  return renderBytes(options, ...lines).toString();
}

/** Escape sequences as words: `<red>` for a colour's number, so that expectations can be read. */
export function showMarks(text: string): string {
  return text.replace(/\x1b\[(\d+)m/g, '<$1>');
}
