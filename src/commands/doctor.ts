import { string as stringArg } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../base-command.ts';
import { connectionFlags, connectionOf, durationFlag, repeatedFlag } from '../flags.ts';
import { KxError } from '../lib/errors/index.ts';
import { createPaint, wantsColor } from '../lib/render/index.ts';
import { isTerminal, print } from '../lib/terminal/index.ts';
import { needs } from './doctor/rights-table.ts';
import { examine } from './doctor/run.ts';
import { reportJson, showCheck, showEnd } from './doctor/show.ts';

const allCommands = Object.keys(needs);

/** `kubectl kx doctor`: what works here for this user, and why not. */
export default class Doctor extends BaseCommand {
  static override summary = 'Say what of kx works here for you, and why not.';
  static override usage = 'doctor [POD | TYPE/NAME] [flags]';
  static override description = [
    'Looks at the kubeconfig and its credentials, the server and the way to it, your rights, and what kx has left in the cluster; with',
    'a POD also at its image, by running commands in it that change nothing. Rules that are missing are printed as YAML to',
    'apply. The exit code is 0 only if what was asked for works, else 1.',
  ].join('\n');
  static override examples = [
    { description: 'What works in this namespace', command: 'kubectl kx doctor -n shop' },
    { description: 'And in this pod', command: 'kubectl kx doctor web-0 -c app' },
    { description: 'May I use cp here? For a script', command: 'kubectl kx doctor --command cp -o json' },
    { description: 'Does the way close silent sessions', command: 'kubectl kx doctor web-0 --idle 10m' },
  ];

  static override args = {
    reference: stringArg({ ignoreStdin: true, description: 'POD or TYPE/NAME' }),
  };

  static override flags = {
    container: string({ char: 'c', helpValue: 'NAME', summary: 'Container; else the one that exec would take' }),
    command: repeatedFlag({
      helpValue: 'COMMAND',
      options: allCommands,
      summary: `What is asked for, can be repeated (default all but privileged-exec, which only warns)`,
    }),
    'helper-namespace': string({
      helpValue: 'NAME',
      summary: 'Namespace of helper pods, for the rights that they need; else that of the target',
    }),
    idle: durationFlag('idle', { summary: 'Hold a session silent for so long, and say whether it stays open' })(),
    output: string({
      char: 'o',
      helpValue: 'KIND',
      options: ['text', 'json'],
      default: 'text',
      summary: 'text or json (default text)',
    }),
    ...connectionFlags,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Doctor);
    if (flags.idle !== undefined && args.reference === undefined) {
      throw new KxError('KX_USAGE', '--idle needs a POD to hold a session with');
    }
    const isText = flags.output === 'text';
    const paint = createPaint(wantsColor('auto', isTerminal(1), process.env));
    const report = await examine(
      {
        reference: args.reference,
        container: flags.container,
        commands: flags.command ?? [],
        allCommands,
        helperNamespace: flags['helper-namespace'],
        idle: flags.idle,
        connection: connectionOf(flags),
      },
      this.context,
      (check) => {
        if (isText) print(showCheck(check, paint));
      },
    );
    print(isText ? showEnd(report) : reportJson(report));
    return report.ok ? 0 : 1;
  }
}
