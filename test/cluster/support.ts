/** What the journeys of `kx exec` on the real cluster share. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import {} from 'node:test';
import { promisify } from 'node:util';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { kxBinary, run, start, type Ended, type ProgramOptions, type Running } from '../support/program.ts';
import { endAfterwards } from '../support/ending.ts';
import { bequeath } from '../support/keeper.ts';

const exec = promisify(execFile);

/** How often a journey is repeated that must hold every time: KX_SOAK=1 is for a night, not for every run. */
export const soak = (process.env['KX_SOAK'] ?? '') !== '';

export interface JourneyOptions extends ProgramOptions {
  /** Default: the administrator of the present apiserver. */
  readonly context?: string;
}

function programOptions({ env, ...options }: JourneyOptions): ProgramOptions {
  return { ...options, env: { KUBECONFIG: clusterKubeconfig(), ...env } };
}

function execWords(words: readonly string[], { context = 'kx' }: JourneyOptions): string[] {
  return ['exec', '--context', context, ...words];
}

/** Runs `kx exec` with these words to its end. Without `options.stdin` its stdin is empty. */
export function kxExec(words: readonly string[], options: JourneyOptions = {}): Promise<Ended> {
  return run(kxBinary(), execWords(words, options), programOptions(options));
}

/** Starts `kx exec` and leaves it running, with stdin open unless `options.stdin` says otherwise. */
export function startKxExec(words: readonly string[], options: JourneyOptions = {}): Running {
  return start(kxBinary(), execWords(words, options), programOptions({ stdin: null, ...options }));
}

/** Runs `kx cp` with these words to its end. */
export function kxCp(words: readonly string[], { context = 'kx', ...options }: JourneyOptions = {}): Promise<Ended> {
  return run(kxBinary(), ['cp', '--context', context, ...words], programOptions(options));
}

/** Starts `kx cp` and leaves it running. */
export function startKxCp(words: readonly string[], { context = 'kx', ...options }: JourneyOptions = {}): Running {
  return start(kxBinary(), ['cp', '--context', context, ...words], programOptions(options));
}

/** Runs a line of shell, in which `kx` is `kx exec` on the test cluster, with the pipes and files a user would type. */
export function runLine(line: string, options: JourneyOptions = {}): Promise<Ended> {
  return run('bash', ['-c', shellLine(line, options)], programOptions(options));
}

/** Starts a line of shell as `runLine` does. */
export function startLine(line: string, options: JourneyOptions = {}): Running {
  return start('bash', ['-c', shellLine(line, options)], programOptions(options));
}

function shellLine(line: string, { context = 'kx' }: JourneyOptions): string {
  return `kx() { '${kxBinary()}' exec --context '${context}' "$@"; }\n${line}`;
}

function kubectlWords(words: readonly string[]): [program: string, words: string[]] {
  const kubeconfig = clusterKubeconfig();
  const own = join(dirname(kubeconfig), 'bin', 'kubectl');
  return [existsSync(own) ? own : 'kubectl', ['--kubeconfig', kubeconfig, '--context', 'kx', ...words]];
}

/** Runs stock kubectl as the administrator of the test cluster and gives its stdout; rejects when it fails. */
export async function kubectl(...words: string[]): Promise<string> {
  const { stdout } = await exec(...kubectlWords(words), { maxBuffer: 64 << 20 });
  return stdout;
}

/** Runs stock kubectl to its end; an exit code other than 0 is an answer. */
export function runKubectl(words: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return run(...kubectlWords(words), options);
}

/** Starts stock kubectl and leaves it running. */
export function startKubectl(words: readonly string[]): Running {
  return start(...kubectlWords(words));
}

/** Runs a script of sh in a container, past kx, and gives what it wrote. The pod may be `POD -c NAME`. */
export async function inPod(pod: string, script: string): Promise<string> {
  return kubectl('exec', ...pod.split(' '), '--', 'sh', '-c', script);
}

/** Ends every process of a container that has the text in its command line. */
export async function endInPod(pod: string, text: string): Promise<void> {
  // By stdin, or the script would find itself.
  const script = `read -r text; for p in /proc/[0-9]*; do
    case $(tr '\\0' ' ' <$p/cmdline) in *"$text"*) kill -9 \${p#/proc/};; esac; done 2>/dev/null; true`;
  await runKubectl(['exec', '-i', ...pod.split(' '), '--', 'sh', '-c', script], { stdin: `${text}\n` });
}

/** A command inside a node of the project's own cluster, as root. */
export async function onNode(node: string, ...command: string[]): Promise<string> {
  const { stdout } = await exec(resolve(import.meta.dirname, 'node-exec'), [node, ...command]);
  return stdout;
}

/** The manifest of a pod of one of the images of the cluster. `spec` is more of its container, `node` where it must be. */
export function podManifest(
  name: string,
  image: 'kx-busybox' | 'kx-debian' | 'kx-distroless',
  { spec = '', ready = true, node }: { spec?: string; ready?: boolean; node?: string } = {},
): string {
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {ready: ${ready ? 'expected' : 'never'}}}
spec:
  terminationGracePeriodSeconds: 1
  enableServiceLinks: false
${node === undefined || foreignCluster ? '' : `  nodeName: ${node}\n`}  containers:
  - name: main
    image: ${process.env['KX_TEST_IMAGES'] ?? ''}${image}:local
${spec}`;
}

/** A namespace for the tests of this file, removed after them; with pods in it. */
export async function ownNamespace(name: string, ...pods: readonly string[]): Promise<string> {
  const namespace = `kx-${name}-${process.pid}`;
  await kubectl('create', 'namespace', namespace);
  const deletion = ['delete', 'namespace', namespace, '--wait=false'];
  const [program, words] = kubectlWords(deletion);
  const takeBack = bequeath([program, ...words].map((word) => `'${word}'`).join(' '));
  endAfterwards(() => kubectl(...deletion).then(takeBack));
  const wait = ['wait', '-n', namespace, '--timeout=120s'];
  await kubectl(...wait, '--for=create', 'serviceaccount/default', 'configmap/kube-root-ca.crt');
  if (pods.length === 0) return namespace;
  const file = join(tmpdir(), `${namespace}.yaml`);
  await writeFile(file, pods.join('---\n'));
  await kubectl('apply', '-n', namespace, '-f', file).finally(() => rm(file));
  await kubectl(...wait, '--for=condition=Ready', 'pod', '-l', 'ready=expected');
  return namespace;
}

/** The SHA-256 of a file, in hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
