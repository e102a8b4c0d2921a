import { string as stringArg } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../base-command.ts';
import { connectionFlags, connectionOf, durationFlag, repeatedFlag, switchFlag } from '../flags.ts';
import { KxError } from '../lib/errors/index.ts';
import { parseDetachKeys } from '../lib/terminal/index.ts';
import { environmentFlags, parseEnv } from './exec/environment-flags.ts';
import { runExec } from './exec/run.ts';
import { sessionFlags } from './exec/session-flags.ts';

const beyond = 'Beyond kubectl';

/** `kubectl kx exec`: the flags, defaults and messages of kubectl exec, and some of its own. */
export default class Exec extends BaseCommand {
  static override summary = 'Run a command in a container.';
  static override usage = 'exec (POD | TYPE/NAME) [flags] -- COMMAND [args...]';
  static override examples = [
    { description: 'Run date in the pod web', command: 'kubectl kx exec web -- date' },
    { description: 'A shell in the container app', command: 'kubectl kx exec web -c app -it -- sh' },
    { description: 'In the first pod of a deployment', command: 'kubectl kx exec deploy/web -- ls /' },
    { description: 'Copy a directory into a pod', command: 'tar c . | kubectl kx exec -i web -- tar x -C /srv' },
    {
      description: 'End it, and its children, after ten seconds',
      command: 'kubectl kx exec --timeout 10s web -- ping db',
    },
  ];

  static override args = {
    // kubectl once took the command here too: extra words are gathered to say so.
    references: stringArg({ ignoreStdin: true, multiple: true, description: 'POD or TYPE/NAME' }),
  };

  static override flags = {
    ...sessionFlags(),
    filename: repeatedFlag({
      char: 'f',
      helpValue: 'FILE',
      summary: 'Take the object to run in from a file',
    }),
    'pod-running-timeout': durationFlag('pod-running-timeout', {
      summary: 'How long to wait until there is a pod (default 1m0s)',
    })({ default: 60_000 }),
    timeout: durationFlag('timeout', {
      helpGroup: beyond,
      summary: 'End the command and its children after this time, and exit with 124',
    })(),
    ...environmentFlags(beyond),
    'detach-keys': string({
      helpGroup: beyond,
      helpValue: 'KEYS',
      summary: 'Keys that leave a terminal session, such as ctrl-p,ctrl-q',
    }),
    record: string({ helpGroup: beyond, helpValue: 'FILE', summary: 'Write an asciicast v2 recording to a new file' }),
    'no-wrap': switchFlag({ helpGroup: beyond, summary: 'Send the command to the server exactly as typed' }),
    'dry-run': switchFlag({ helpGroup: beyond, summary: 'Say what would be run where, and run nothing' }),
    ...connectionFlags,
  };

  async run(): Promise<number> {
    const { args, flags } = await this.parse(Exec);
    const filenames = flags.filename ?? [];
    const [reference, ...more] = args.references ?? [];
    if (this.remoteWords === null && (more.length > 0 || (reference !== undefined && filenames.length > 0))) {
      throw new KxError(
        'KX_USAGE',
        'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
      );
    }
    if (more.length > 0) {
      throw new KxError('KX_USAGE', `one POD or TYPE/NAME at a time: there are ${[reference, ...more].join(', ')}`);
    }
    if (reference === undefined && filenames.length === 0) {
      throw new KxError('KX_USAGE', 'pod, type/name or --filename must be specified');
    }
    const command = this.remoteWords ?? [];
    if (command.length === 0) {
      throw new KxError('KX_USAGE', 'you must specify at least one command for the container', {
        hint: 'the command goes behind `--`: kubectl kx exec POD -- COMMAND',
      });
    }
    return runExec(
      {
        reference,
        filenames,
        container: flags.container,
        command,
        stdin: flags.stdin,
        tty: flags.tty,
        quiet: flags.quiet,
        podRunningTimeout: flags['pod-running-timeout'],
        detachKeys: parseDetachKeys(flags['detach-keys'] ?? ''),
        timeout: flags.timeout,
        env: parseEnv(flags.env ?? []),
        workdir: flags.workdir,
        wrap: !flags['no-wrap'],
        dryRun: flags['dry-run'],
        record: flags.record,
        connection: connectionOf(flags),
      },
      this.context,
    );
  }
}
