import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clusterKubeconfig } from '../test/support/cluster.ts';
import { kxBinary } from '../test/support/program.ts';
import type { Contender } from './comparison.ts';
import { wayThere } from './places.ts';

const builtKubectl = join(dirname(clusterKubeconfig()), 'bin/kubectl');
const kx = kxBinary();

/** The one that the cluster was built with, else the one of this machine. */
export const kubectl = existsSync(builtKubectl) ? builtKubectl : 'kubectl';

let path = process.env['PATH'] ?? '';

/** The environment of all contenders. */
export function env(): NodeJS.ProcessEnv {
  const { kubeconfig, flags } = wayThere();
  return { ...process.env, PATH: path, KUBECONFIG: kubeconfig, KUBECTL: kubectl, WHERE: flags.join(' ') };
}

/** The file to run and its arguments. */
export function commandLine(contender: Contender): readonly string[] {
  if (typeof contender === 'string') {
    return ['bash', '-o', 'pipefail', '-c', `kubectl() { "$KUBECTL" $WHERE "$@"; }\n${contender}`];
  }
  const [program, subcommand = '', ...rest] = contender;
  if (subcommand === '__complete') {
    // The words are those of a line, the last of them up to the cursor.
    return [program === 'kx' ? kx : kubectl, subcommand, ...rest.slice(0, -1), ...wayThere().flags, ...rest.slice(-1)];
  }
  // Both programs take the connection behind the word of the subcommand.
  const isConnected =
    ['exec', 'cp', 'fanout-exec', 'logs', 'privileged-exec'].includes(subcommand) && !rest.includes('--help');
  return [program === 'kx' ? kx : kubectl, subcommand, ...(isConnected ? wayThere().flags : []), ...rest];
}

/** Lets kubectl find kx as its plugin, by links in a folder that is there for that. */
export function linkPlugin(folder: string): void {
  symlinkSync(kx, join(folder, 'kubectl-kx'));
  symlinkSync('kubectl-kx', join(folder, 'kubectl_complete-kx'));
  path = `${folder}:${path}`;
}

/** What the programs and the server say they are. */
export function versions(): { kx: string; kubectl: string; server: string } {
  const ask = (file: string, ...args: string[]) => execFileSync(file, args, { env: env(), encoding: 'utf8' });
  const json = ask(kubectl, ...wayThere().flags, 'version', '-o', 'json');
  const { clientVersion, serverVersion } = JSON.parse(json) as Record<string, { gitVersion: string }>;
  return {
    kx: ask(kx, '--version').split('\n')[0] ?? '',
    kubectl: clientVersion?.gitVersion ?? '',
    server: serverVersion?.gitVersion ?? '',
  };
}
