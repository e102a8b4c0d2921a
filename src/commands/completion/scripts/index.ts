import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { powershellScript } from './powershell.ts';
import { zshScript } from './zsh.ts';

/** Every shell that kx has a script for. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof shells)[number];

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript };

/** The completion of a program of this name, which is kx, for a shell to read. */
export function completionScript(shell: Shell, program: string): string {
  return scripts[shell](program, program.replaceAll(/\W/g, '_'));
}
