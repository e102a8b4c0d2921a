import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KxError } from '../../lib/errors/index.ts';
import { placeOf } from './places.ts';
import { findLinks, findOnPath, folderForCompleter, makeLink, pluginCompleter, whatIsAt } from './plugin-link.ts';
import { completionScript, shells, type Shell } from './scripts/index.ts';
import { addLines, removeLines } from './startup-lines.ts';

type Say = (line: string) => void;

/** Puts the completer of kubectl and the scripts of these shells in place for this user. Again is as once. */
export function install(wanted: readonly Shell[], program: string, env: NodeJS.ProcessEnv, say: Say): void {
  for (const shell of wanted) {
    const { script, startup, note } = placeOf(shell, program, env);
    change(script, () => {
      mkdirSync(dirname(script), { recursive: true });
      writeFileSync(script, completionScript(shell, program));
    });
    say(`${shell}: wrote ${script}`);
    if (startup !== undefined) {
      const old = readIfThere(startup.file);
      const text = addLines(old, startup.lines);
      if (text !== old) {
        change(startup.file, () => {
          mkdirSync(dirname(startup.file), { recursive: true });
          writeFileSync(startup.file, text);
        });
        say(`${shell}: added ${startup.lines.length} lines to the end of ${startup.file}, between marks`);
      }
    }
    say(`${shell}: ${note}`);
  }
  installCompleter(program, env, say);
}

/** Removes what `install` has put in place, for every shell, and leaves everything else alone. */
export function uninstall(program: string, env: NodeJS.ProcessEnv, say: Say): void {
  let found = false;
  const remove = (file: string, shell: string): void => {
    change(file, () => rmSync(file));
    say(`${shell}: removed ${file}`);
    found = true;
  };
  for (const shell of shells) {
    const { script, startup } = placeOf(shell, program, env);
    if (readIfThere(script).includes('__complete')) remove(script, shell);
    const old = startup === undefined ? '' : readIfThere(startup.file);
    const text = removeLines(old);
    if (startup === undefined || text === old) continue;
    change(startup.file, () => (text === '' ? rmSync(startup.file) : writeFileSync(startup.file, text)));
    say(`${shell}: took the lines of kx out of ${startup.file}`);
    found = true;
  }
  const completer = pluginCompleter(program);
  for (const file of completer === undefined ? [] : findLinks(completer, env)) remove(file, 'kubectl');
  if (!found) say('there is no completion that kx has installed');
}

function installCompleter(program: string, env: NodeJS.ProcessEnv, say: Say): void {
  const completer = pluginCompleter(program);
  if (completer === undefined) {
    say(`kubectl: left as it is, because kx is called ${program}, which is no name of a plugin`);
    return;
  }
  const onPath = findOnPath(program, env);
  if (onPath === undefined) {
    say(
      `kubectl: left as it is, because it would not find this ${program} on PATH either; install it there and run this again`,
    );
    return;
  }
  const folder = folderForCompleter(onPath, env);
  if (folder === undefined) {
    throw new KxError('KX_CONFIG', `the folder of ${onPath} cannot be written, and no folder of yours is on PATH`, {
      hint: `as somebody who can write there: ln -s ${program} ${join(dirname(onPath), completer)}`,
    });
  }
  const file = join(folder, completer);
  if (whatIsAt(file) === 'other') {
    throw new KxError('KX_CONFIG', `${file} is there already, and is not a link to kx`, {
      hint: 'remove it, if nothing else needs it, and run this again',
    });
  }
  change(file, () => makeLink(file, onPath));
  say(`kubectl: linked ${file} to ${onPath}`);
  say(
    `kubectl: its own completion calls that for "kubectl ${program.replace(/^kubectl-/, '').replaceAll('_', '-')} <TAB>" (see kubectl completion --help)`,
  );
}

function change(file: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
    throw new KxError('KX_CONFIG', `cannot change ${file}: ${code}`, { cause });
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw new KxError('KX_CONFIG', `cannot read ${file}: ${code}`, { cause });
  }
}
