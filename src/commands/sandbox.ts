import { string } from '@oclif/core/flags';
import { BaseCommand } from '../base-command.ts';
import { KxError } from '../lib/errors/index.ts';
import { runSandbox } from './sandbox/run.ts';

/** `kubectl kx sandbox`: a cluster on this machine, for trying things out and for tests. */
export default class SandboxCommand extends BaseCommand {
  static override summary = 'Start a cluster on this machine, in one process.';
  static override usage = 'sandbox [flags] [-- COMMAND [args...]]';
  static override examples = [
    { description: 'Start it and leave it running', command: 'kubectl kx sandbox' },
    { description: 'Run a command with a cluster of its own', command: 'kubectl kx sandbox -- kubectl get pods -A' },
    { description: 'A cluster of your own design', command: 'kubectl kx sandbox -f cluster.yaml' },
  ];

  static override flags = {
    filename: string({ char: 'f', helpValue: 'FILE', summary: 'The objects of the cluster as YAML, `-` for stdin' }),
    port: string({ helpValue: 'PORT', summary: 'Port on 127.0.0.1; any that is free without it' }),
    'kubeconfig-out': string({ helpValue: 'FILE', summary: 'Where to write the kubeconfig; else a temporary folder' }),
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(SandboxCommand);
    const port = flags.port === undefined ? 0 : Number(flags.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new KxError('KX_USAGE', `invalid argument "${flags.port ?? ''}" for "--port" flag: not a port`);
    }
    const command = this.remoteWords;
    if (command?.length === 0) throw new KxError('KX_USAGE', 'there is no command behind --');
    return runSandbox({ file: flags.filename, port, kubeconfigOut: flags['kubeconfig-out'], command }, this.context);
  }
}
