import { compileNamePattern, type NameMatcher } from '../lib/render/index.ts';
import { parseReference, type ContainerSelection, type PodSource } from '../lib/target/index.ts';

/** Whether a word is `/…/`, a pattern for names. */
export function isRegex(word: string): boolean {
  return word.length > 2 && word.startsWith('/') && word.endsWith('/');
}

/** POD, TYPE/NAME or /REGEX/. Rejects with KX_USAGE for what cannot be a name or a pattern. */
export async function readSource(word: string): Promise<PodSource> {
  const pattern = await readPattern(word);
  return pattern === undefined ? parseReference(word) : { podName: pattern };
}

/** Names and /REGEX/, each as what it matches. */
export function readPatterns(words: readonly string[], flag: string): Promise<readonly NameMatcher[]> {
  return Promise.all(
    words.map(async (word) => (await readPattern(word, flag)) ?? { test: (name: string) => name === word }),
  );
}

/** Which containers of a pod: all, those of a name or /REGEX/, or the default one. */
export async function readContainers(
  container: string | undefined,
  all: boolean,
): Promise<ContainerSelection['containers']> {
  const pattern = container === undefined ? undefined : await readPattern(container, 'container');
  return all ? 'all' : container === undefined ? 'default' : (pattern ?? { name: container });
}

/** `/…/` as a pattern; undefined for a name. */
export async function readPattern(word: string, flag?: string): Promise<NameMatcher | undefined> {
  return isRegex(word) ? compileNamePattern(word.slice(1, -1), flag) : undefined;
}
