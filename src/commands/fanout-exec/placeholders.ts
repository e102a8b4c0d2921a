import type { ExecTarget } from './exec-target.ts';

const names = 'context|namespace|pod|container|node|index';
const placeholder = new RegExp(String.raw`\{(\{(?:${names})\})\}|\{(${names})\}`, 'g');

/** The words with `{pod}` and the like replaced; `{{pod}}` stands for `{pod}`. Other braces are left alone. */
export function fillWords(words: readonly string[], target: ExecTarget, index: number): readonly string[] {
  const { context = '', namespace, pod, container, node = '' } = target.source;
  const values: Readonly<Record<string, string>> = { context, namespace, pod, container, node, index: String(index) };
  const fill = (_whole: string, literal: string | undefined, name: string | undefined): string =>
    literal ?? values[name ?? ''] ?? '';
  return words.map((word) => word.replace(placeholder, fill));
}

/** The names of the placeholders that words have. */
export function placeholdersIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => [...word.matchAll(placeholder)].flatMap(([, , name]) => name ?? []));
}
