import { basename } from 'node:path';
import { string as stringArg } from '@oclif/core/args';
import { BaseCommand } from '../base-command.ts';
import { KxError } from '../lib/errors/index.ts';
import { print } from '../lib/terminal/index.ts';
import { install, uninstall } from './completion/install.ts';
import { completionScript, shells, type Shell } from './completion/scripts/index.ts';

/** `kubectl kx completion`: what a shell needs to complete the words of kx. */
export default class Completion extends BaseCommand {
  static override summary = 'Let a shell complete commands, flags, pods, containers and paths in them.';
  static override usage = `completion (${shells.join(' | ')} | install [SHELL...] | uninstall)`;
  static override description = [
    'The name of a shell prints its script for kubectl-kx. install puts the scripts of the named shells (else of $SHELL) in place',
    'for you, and beside kubectl-kx the link by which kubectl completes "kubectl kx"; uninstall takes all of that away again.',
  ].join('\n');
  static override examples = [
    { description: 'Put it in place, for kubectl and for your shell', command: 'kubectl kx completion install' },
    { description: 'Only for this shell', command: 'source <(kubectl kx completion bash)' },
    { description: 'Undo it', command: 'kubectl kx completion uninstall' },
  ];

  static override args = {
    action: stringArg({
      ignoreStdin: true,
      required: true,
      options: [...shells, 'install', 'uninstall'],
      description: 'What to do',
    }),
    shells: stringArg({ ignoreStdin: true, options: [...shells], multiple: true, description: 'For install' }),
  };

  async run(): Promise<number> {
    const { args } = await this.parse(Completion);
    const { action, shells: words = [] } = args;
    const program = programName();
    const say = (line: string): void => print(`${line}\n`);
    if (action !== 'install' && words.length > 0) {
      throw new KxError('KX_USAGE', `completion ${action} takes no more words: there is ${words.join(' ')}`);
    }
    if (action === 'install')
      install(words.length === 0 ? [ownShell()] : words.map(toShell), program, process.env, say);
    else if (action === 'uninstall') uninstall(program, process.env, say);
    else print(completionScript(toShell(action), program));
    return 0;
  }
}

function toShell(word: string): Shell {
  const shell = shells.find((each) => each === word);
  if (shell === undefined) throw new KxError('KX_USAGE', `${word} is none of ${shells.join(', ')}`);
  return shell;
}

/** The shell of the user, by $SHELL. */
function ownShell(): Shell {
  if (process.platform === 'win32') return 'powershell';
  const name = basename(process.env['SHELL'] ?? '').replace(/^pwsh$/, 'powershell');
  const shell = shells.find((each) => each === name);
  if (shell !== undefined) return shell;
  throw new KxError(
    'KX_USAGE',
    name === '' ? 'no SHELL says which shell is meant' : `there is no completion for ${name}`,
    {
      hint: `name one or more: kubectl kx completion install ${shells.join(' ')}`,
    },
  );
}

/** The name that kx is called by, however it is linked; a name that would need quotes, or node itself, is none. */
function programName(): string {
  const name = basename(process.argv0).replace(/\.exe$/i, '');
  return /^[\w.-]+$/.test(name) && name !== 'node' ? name : 'kubectl-kx';
}
