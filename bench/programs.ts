import { execFileSync } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clusterKubeconfig, clusterNamespace } from '../test/support/cluster.ts';
import { kxBinary } from '../test/support/program.ts';
import type { Contender } from './comparison.ts';

const kubeconfig = clusterKubeconfig();
const builtKubectl = join(dirname(kubeconfig), 'bin/kubectl');
const kx = kxBinary();

/** The one that the cluster was built with, else the one of this machine. */
export const kubectl = existsSync(builtKubectl) ? builtKubectl : 'kubectl';
/** The connection, for both programs. */
export const where = ['--context', 'kx', '--namespace', clusterNamespace];
/** The environment of all contenders. */
export const env: NodeJS.ProcessEnv = { ...process.env, KUBECONFIG: kubeconfig, KUBECTL: kubectl };

/** The file to run and its arguments. */
export function commandLine(contender: Contender): readonly string[] {
  if (typeof contender === 'string') {
    return ['bash', '-o', 'pipefail', '-c', `kubectl() { "$KUBECTL" ${where.join(' ')} "$@"; }\n${contender}`];
  }
  const [program, subcommand = '', ...rest] = contender;
  if (subcommand === '__complete') {
    // The words are those of a line, the last of them up to the cursor.
    return [program === 'kx' ? kx : kubectl, subcommand, ...rest.slice(0, -1), ...where, ...rest.slice(-1)];
  }
  // Both programs take the connection behind the word of the subcommand.
  const connection = ['exec', 'cp', 'fanout-exec'].includes(subcommand) && !rest.includes('--help') ? where : [];
  return [program === 'kx' ? kx : kubectl, subcommand, ...connection, ...rest];
}

/** Lets kubectl find kx as its plugin, by links in a folder that is there for that. */
export function linkPlugin(folder: string): void {
  symlinkSync(kx, join(folder, 'kubectl-kx'));
  symlinkSync('kubectl-kx', join(folder, 'kubectl_complete-kx'));
  env['PATH'] = `${folder}:${env['PATH'] ?? ''}`;
}

/** What the programs and the server say they are. */
export function versions(): { kx: string; kubectl: string; server: string } {
  const ask = (file: string, ...args: string[]) => execFileSync(file, args, { env, encoding: 'utf8' });
  const json = ask(kubectl, ...where, 'version', '-o', 'json');
  const { clientVersion, serverVersion } = JSON.parse(json) as Record<string, { gitVersion: string }>;
  return {
    kx: ask(kx, '--version').split('\n')[0] ?? '',
    kubectl: clientVersion?.gitVersion ?? '',
    server: serverVersion?.gitVersion ?? '',
  };
}
