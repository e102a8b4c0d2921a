import { string as stringArg } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { dump } from 'js-yaml';
import { BaseCommand } from '../base-command.ts';
import { checkValues } from '../cli/settings.ts';
import { connectionFlags } from '../flags.ts';
import { settingsPath, type Setting } from '../lib/settings/index.ts';
import { print } from '../lib/terminal/index.ts';
import { viewSettings, type DescribedCommands } from './config/view.ts';
import manifest from '../../oclif.manifest.json' with { type: 'json' };

/** `kubectl kx config`: the settings that count, and the file that they are in. */
export default class ShowConfig extends BaseCommand {
  static override summary = 'Show the settings that count, and where each is from.';
  static override usage = 'config (view | path) [flags]';
  static override description = [
    'view shows for each command the flags that have a value without being typed: from the environment, from the section of the',
    'context, from the defaults of the file, or by themselves. path shows where the file is looked for, be it there or not.',
  ].join('\n');
  static override examples = [
    { description: 'What counts in the current context', command: 'kubectl kx config view' },
    {
      description: 'What counts for logs in another one',
      command: 'kubectl kx config view --context test -o json | jq .commands.logs',
    },
    { description: 'Change the settings', command: '$EDITOR "$(kubectl kx config path)"' },
  ];

  static override args = {
    action: stringArg({ ignoreStdin: true, required: true, options: ['view', 'path'], description: 'What to do' }),
  };

  static override flags = {
    output: string({
      char: 'o',
      helpValue: 'FORMAT',
      options: ['yaml', 'json'],
      default: 'yaml',
      summary: 'yaml or json (default yaml)',
    }),
    kubeconfig: connectionFlags.kubeconfig,
    context: connectionFlags.context,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(ShowConfig);
    if (args.action === 'path') {
      print(`${settingsPath(process.env)}\n`);
      return 0;
    }
    const view = await viewSettings({
      commands: manifest.commands as unknown as DescribedCommands,
      env: process.env,
      kubeconfig: flags.kubeconfig,
      context: flags.context,
      check: (command, flag, setting) => this.#check(command, flag, setting),
    });
    print(flags.output === 'json' ? `${JSON.stringify(view, null, 2)}\n` : dump(view, { lineWidth: -1, flowLevel: 3 }));
    return 0;
  }

  /** As the command itself would. */
  async #check(command: string, flag: string, setting: Setting): Promise<void> {
    const { baseFlags, flags } = await this.config.findCommand(command, { must: true }).load();
    await checkValues(setting, { ...baseFlags, ...flags }[flag], this);
  }
}
