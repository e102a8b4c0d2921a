import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clusterKubeconfig } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { runKubectl } from './support.ts';
import { endProcessAfterwards } from '../support/ending.ts';

/** One more kube-apiserver of the same cluster, that a test may kill: nothing else uses it. */
export interface SecondApiserver {
  /** For `--server`. */
  readonly server: string;
  /** Ends it without a word to anybody. */
  kill(): Promise<void>;
  /** Starts it on the same port, and waits until it serves. */
  start(): Promise<void>;
}

/** Starts it, with the arguments of the first, until the test is over. */
export async function startSecondApiserver(): Promise<SecondApiserver> {
  const pid = readFileSync(join(dirname(clusterKubeconfig()), 'run/kube-apiserver.pid'), 'utf8').split(' ')[0] ?? '';
  const [file = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const port = await freePort();
  const server = `https://127.0.0.1:${port}`;
  const words = [
    ...args.filter((arg) => !arg.startsWith('--secure-port=')),
    ...[`--secure-port=${port}`, '--endpoint-reconciler-type=none'],
  ];
  let process: ChildProcess | undefined;
  const serves = async (): Promise<boolean> =>
    (await runKubectl(['get', '--raw', '/readyz', '--server', server])).code === 0;
  const apiserver: SecondApiserver = {
    server,
    async kill() {
      const ended = process && once(process, 'exit');
      process?.kill('SIGKILL');
      await ended;
      process = undefined;
    },
    async start() {
      process = spawn(file, words, { stdio: 'ignore' });
      endProcessAfterwards(process);
      await eventually('the second apiserver serves', serves, 120_000);
    },
  };
  await apiserver.start();
  return apiserver;
}
