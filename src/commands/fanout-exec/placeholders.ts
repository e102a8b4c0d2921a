import type { ExecTarget } from './exec-target.ts';

const names = 'context|namespace|pod|container|node|index';
const placeholder = new RegExp(String.raw`\{(\{(?:${names})\})\}|\{(${names})\}`, 'g');

/** Replaces `{pod}` and the like in a text; `{{pod}}` stands for `{pod}`. Other braces are left alone. */
export function fillerFor(target: ExecTarget, index: number): (text: string) => string {
  const { context = '', namespace, pod, container, node = '' } = target.source;
  const values: Readonly<Record<string, string>> = { context, namespace, pod, container, node, index: String(index) };
  const fill = (_whole: string, literal: string | undefined, name: string | undefined): string =>
    literal ?? values[name ?? ''] ?? '';
  return (text) => text.replace(placeholder, fill);
}

/** The names of the placeholders that words have. */
export function placeholdersIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => [...word.matchAll(placeholder)].flatMap(([, , name]) => name ?? []));
}
