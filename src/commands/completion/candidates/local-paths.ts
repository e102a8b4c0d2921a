import { readdirSync, statSync } from 'node:fs';

/** The paths of this machine that begin with the word, directories with a slash behind them. Unreadable ones are none. */
export function localPaths(word: string): readonly string[] {
  const folder = word.slice(0, word.lastIndexOf('/') + 1);
  const start = word.slice(folder.length);
  try {
    return readdirSync(folder === '' ? '.' : folder)
      .filter((name) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
      .map((name) => `${folder}${name}${isDirectory(folder + name) ? '/' : ''}`);
  } catch {
    return [];
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
