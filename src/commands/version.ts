import { boolean, string } from '@oclif/core/flags';
import { dump } from 'js-yaml';
import { BaseCommand } from '../base-command.ts';
import { platformName, versionLine } from '../cli/version.ts';
import { connectionFlags, connectionOf } from '../flags.ts';
import { connect } from '../lib/kube/index.ts';
import { print } from '../lib/terminal/index.ts';

/** What the path /version of an API server answers, as far as kx reads it; -o json shows all of it. */
interface ServerVersion {
  readonly gitVersion: string;
  readonly platform: string;
}

/** `kubectl kx version`: of kx, and of the server where that is asked for. */
export default class Version extends BaseCommand {
  static override summary = 'Print the version of kx, and with --remote that of the server.';
  static override usage = 'version [flags]';
  static override examples = [
    { description: 'Of kx', command: 'kubectl kx version' },
    { description: 'Of kx and of the server', command: 'kubectl kx version --remote' },
    { description: 'For a program', command: 'kubectl kx version -o json | jq -r .clientVersion.version' },
  ];

  static override flags = {
    // kubectl has --server for the address of the server.
    remote: boolean({ default: false, summary: 'Ask the server for its version too' }),
    output: string({ char: 'o', helpValue: 'FORMAT', options: ['json', 'yaml'], summary: 'json or yaml' }),
    ...connectionFlags,
  };

  async run(): Promise<number> {
    const { flags } = await this.parse(Version);
    const { version } = this.config;
    const clientVersion = { version, platform: platformName(), runtime: runtime() };
    const show = (serverVersion?: ServerVersion): void => {
      const versions = { clientVersion, ...(serverVersion === undefined ? {} : { serverVersion }) };
      if (flags.output === 'json') print(`${JSON.stringify(versions, null, 2)}\n`);
      else if (flags.output === 'yaml') print(dump(versions));
      else print(versionLine(version) + (serverVersion === undefined ? '' : serverLine(serverVersion)));
    };
    if (!flags.remote) {
      show();
      return 0;
    }
    const { context } = this;
    try {
      const api = await connect(connectionOf(flags), {
        env: process.env,
        log: (level, line) => context.log(level, line),
      });
      show(await api.get<ServerVersion>('/version', { signal: context.signal }));
    } catch (error) {
      // The version of kx is known whatever became of the server.
      show();
      throw error;
    }
    return 0;
  }
}

function serverLine({ gitVersion, platform }: ServerVersion): string {
  return `Kubernetes ${gitVersion} (${platform})\n`;
}

function runtime(): string {
  const { bun, node } = process.versions;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}
