/** What the journeys of `kx exec` on the real cluster share. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import { clusterKubeconfig, clusterNamespace } from '../support/cluster.ts';
import { kxBinary, run, start, type Ended, type ProgramOptions, type Running } from '../support/program.ts';

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

/** Runs kubectl as the administrator of the test cluster; rejects when it fails. */
export async function kubectl(...words: string[]): Promise<string> {
  const { stdout } = await exec('kubectl', ['--kubeconfig', clusterKubeconfig(), '--context', 'kx', ...words], {
    maxBuffer: 64 << 20,
  });
  return stdout;
}

/** Runs a script of sh in a container, past kx, and gives what it wrote. The pod may be `POD -c NAME`. */
export async function inPod(pod: string, script: string): Promise<string> {
  return kubectl('exec', ...pod.split(' '), '--', 'sh', '-c', script);
}

/** A command inside a node of the project's own cluster, as root. */
export async function onNode(node: string, ...command: string[]): Promise<string> {
  const { stdout } = await exec(resolve(import.meta.dirname, 'node-exec'), [node, ...command]);
  return stdout;
}

/** A folder for the tests of this file, removed after them. */
export function temporaryFolder(): () => string {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kx-cluster-test-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}

/** A namespace for the tests of this file, removed after them; with the pods of a manifest in it. */
export function ownNamespace(name: string, manifest?: string): string {
  const namespace = `kx-${name}-${process.pid}`;
  before(async () => {
    await kubectl('create', 'namespace', namespace);
    await kubectl('wait', '--for=create', '-n', namespace, 'serviceaccount/default', '--timeout=60s');
    if (manifest === undefined) return;
    const file = join(tmpdir(), `${namespace}.yaml`);
    await writeFile(file, manifest.replaceAll('image: ', `image: ${process.env['KX_TEST_IMAGES'] ?? ''}`));
    try {
      await kubectl('apply', '-n', namespace, '-f', file);
    } finally {
      await rm(file);
    }
  });
  after(() => kubectl('delete', 'namespace', namespace, '--wait=false'));
  return namespace;
}

/** The SHA-256 of a file, in hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The context whose server speaks only v4 for this pod. */
export const v4Only = { context: 'kx-old', pod: 'one-oldnode' } as const;

export { clusterNamespace };
