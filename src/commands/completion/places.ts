import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Shell } from './scripts/index.ts';

/** Where a shell finds a completion, and what its start-up file needs for that. */
export interface Place {
  readonly script: string;
  /** Only for a shell that has no folder which it reads by itself. */
  readonly startup?: { readonly file: string; readonly lines: readonly string[] };
  /** What else must be true for the completion to be read; said after an installation. */
  readonly note: string;
}

/** The places of one user. `program` is the name that kx is called by. */
export function placeOf(shell: Shell, program: string, env: NodeJS.ProcessEnv): Place {
  const home = env['HOME'] || homedir();
  if (process.platform === 'win32' && shell === 'powershell') {
    const script = join(env['LOCALAPPDATA'] || home, 'kx', `${program}.ps1`);
    // Where the profile is, only PowerShell knows: the folder of documents may be anywhere.
    return { script, note: `put this line into the file that $PROFILE names: . ${psQuote(script)}` };
  }
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  const data = env['XDG_DATA_HOME'] || join(home, '.local', 'share');
  switch (shell) {
    case 'bash':
      return {
        script: join(env['BASH_COMPLETION_USER_DIR'] || join(data, 'bash-completion'), 'completions', program),
        note: `new shells read it by the package bash-completion; without that, put "source <(${program} completion bash)" into ~/.bashrc`,
      };
    case 'fish':
      return { script: join(config, 'fish', 'completions', `${program}.fish`), note: 'every fish reads it by itself' };
    case 'zsh': {
      const script = join(data, 'kx', `_${program}`);
      return {
        script,
        startup: {
          file: join(env['ZDOTDIR'] || home, '.zshrc'),
          lines: [
            '(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }',
            `[[ -r ${quote(script)} ]] && source ${quote(script)}`,
          ],
        },
        note: 'new shells read it',
      };
    }
    case 'powershell': {
      const script = join(data, 'kx', `${program}.ps1`);
      return {
        script,
        startup: {
          file: join(config, 'powershell', 'profile.ps1'),
          lines: [`if (Test-Path ${psQuote(script)}) { . ${psQuote(script)} }`],
        },
        note: 'new shells read it',
      };
    }
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function psQuote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
