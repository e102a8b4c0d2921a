/** What the journeys on nodes share. */
import assert from 'node:assert/strict';
import { clusterKubeconfig } from '../support/cluster.ts';
import { kxBinary, run, start, type Ended, type Running } from '../support/program.ts';
import { testImage } from './privileged-support.ts';
import { kubectl, type JourneyOptions } from './support.ts';

/** What nothing of these tests takes on a loaded machine. */
const timeout = 180_000;

/** Words of a command with helper pods in this namespace, made of the busybox of the fixtures. */
function nodeWords(command: string, namespace: string, words: readonly string[], context = 'kx'): string[] {
  return [command, '--context', context, '--image', testImage, '--helper-namespace', namespace, ...words];
}

/** A command of kx on nodes, and its helper pods. */
export interface OnNodes {
  run(words: readonly string[], options?: JourneyOptions): Promise<Ended>;
  /** With stdin open unless `options.stdin` says otherwise. */
  start(words: readonly string[], options?: JourneyOptions): Running;
}

export function onNodes(command: 'fanout-exec' | 'cp', namespace: string): OnNodes {
  const optionsOf = ({ env, ...rest }: JourneyOptions): JourneyOptions => ({
    timeout,
    ...rest,
    env: { KUBECONFIG: clusterKubeconfig(), ...env },
  });
  return {
    run: (words, options = {}) =>
      run(kxBinary(), nodeWords(command, namespace, words, options.context), optionsOf(options)),
    start: (words, options = {}) =>
      start(kxBinary(), nodeWords(command, namespace, words, options.context), { stdin: null, ...optionsOf(options) }),
  };
}

/** The names of all nodes of the cluster. */
export async function nodeNames(): Promise<readonly string[]> {
  const names = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').sort();
  assert.ok(names.length > 0);
  return names;
}
