/** What the journeys of `kx privileged-exec` share. */
import { clusterKubeconfig } from '../support/cluster.ts';
import { kxBinary, run, start, type Ended, type Running } from '../support/program.ts';
import { kubectl, type JourneyOptions } from './support.ts';

/** The image of the helper pods of these tests, and of their tools. */
export const testImage = `${process.env['KX_TEST_IMAGES'] ?? ''}kx-busybox:local`;

/** What nothing of these tests takes on a loaded machine. */
const timeout = 180_000;

/** The words of a `kx privileged-exec` on the test cluster, with the busybox of the fixtures. */
export function privilegedWords(words: readonly string[], { context = 'kx' }: JourneyOptions = {}): string[] {
  return ['privileged-exec', '--context', context, '--image', testImage, ...words];
}

/** Runs `kx privileged-exec` to its end. */
export function pexec(words: readonly string[], options: JourneyOptions = {}): Promise<Ended> {
  const { env, ...rest } = options;
  return run(kxBinary(), privilegedWords(words, options), {
    timeout,
    ...rest,
    env: { KUBECONFIG: clusterKubeconfig(), ...env },
  });
}

/** Starts `kx privileged-exec`, with stdin open unless `options.stdin` says otherwise. */
export function startPexec(words: readonly string[], options: JourneyOptions = {}): Running {
  const { env, ...rest } = options;
  return start(kxBinary(), privilegedWords(words, options), {
    timeout,
    stdin: null,
    ...rest,
    env: { KUBECONFIG: clusterKubeconfig(), ...env },
  });
}

/** The helper pods of a namespace: name and phase of each. */
export async function helpersIn(namespace: string): Promise<readonly string[]> {
  const columns = 'custom-columns=NAME:.metadata.name,PHASE:.status.phase';
  const out = await kubectl('get', 'pods', '-n', namespace, '-l', 'kx.dev/node-pod', '--no-headers', '-o', columns);
  return out.split('\n').filter((line) => line !== '');
}
