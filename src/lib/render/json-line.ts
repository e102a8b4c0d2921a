import { isUtf8 } from 'node:buffer';
import { isObject } from './json-object.ts';
import { oncePerSource, type LineRenderer, type LineSource } from './line.ts';
import { textFields } from './text-fields.ts';

/**
 * One JSON object a line; docs/log-output.md has its schema. With `parsed`, a line that is a JSON object itself stands under
 * `message` as it was written, so that its numbers keep their digits. A piece of a line is `partial`: the next object of the
 * container goes on with it.
 */
export function createJsonRenderer(parsed: boolean, formatTime: (at: string) => string): LineRenderer {
  const headOf = oncePerSource(writeHead);
  return ({ source, bytes, at, stream, end }, out) => {
    const time = at === undefined ? '' : `,"time":${JSON.stringify(formatTime(at))}`;
    const from = stream === undefined ? '' : `,"stream":"${stream}"`;
    const part = end === 'piece' ? ',"partial":true' : '';
    out.push(Buffer.from(`${headOf(source)}${time}${from},${messageOf(bytes, parsed)}${part}}\n`));
  };
}

function writeHead({ context, namespace, pod, container, node }: LineSource): string {
  return JSON.stringify({ context, namespace, pod, container, node }).slice(0, -1);
}

function messageOf(bytes: Buffer, parsed: boolean): string {
  if (!isUtf8(bytes)) return JSON.stringify(textFields('message', bytes)).slice(1, -1);
  const text = bytes.toString();
  return `"message":${parsed && isObject(text) ? text.trim() : JSON.stringify(text)}`;
}
