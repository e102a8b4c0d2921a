import { setTimeout as delay } from 'node:timers/promises';
import { KxError } from '../errors/index.ts';
import type { RemoteProcess } from '../process/index.ts';
import type { Target } from '../target/index.ts';
import { runToEnd, type Transport } from '../transport/index.ts';
import { endPod, lease as script } from './scripts.ts';

/** How often a pod hears that kx is there, in milliseconds. */
const beatMs = 10_000;
/** How long a pod may take to hear that it is over, in milliseconds. */
const patienceMs = 3000;

/** What keeps a pod alive: a command in it that hears of kx again and again. A connection that is lost is made anew. */
export interface Lease {
  /** Lets the pod end. False: it could not be told, and ends by itself. */
  end(): Promise<boolean>;
  /** Lets go of the pod, which goes on. */
  release(): void;
}

/**
 * Opens the lease of a pod; resolves when the container has answered, so that other commands can run in it. Rejects as
 * `exec` does, or with KX_HELPER_POD when the image cannot do it.
 */
export async function openLease(transport: Transport, target: Target, signal: AbortSignal): Promise<Lease> {
  let isOver = false;
  let current: RemoteProcess | undefined = await begin(transport, target, signal);
  const beat = setInterval(() => current?.stdin?.write('beat\n'), beatMs);
  const renew = async (): Promise<void> => {
    current = undefined;
    if (isOver) return;
    await delay(1000, undefined, { ref: false });
    current = await begin(transport, target, AbortSignal.timeout(beatMs)).catch(() => undefined);
    watch();
  };
  const watch = (): void => {
    if (isOver) current?.disconnect();
    else void Promise.resolve(current?.exit).then(renew, renew);
  };
  watch();
  const stop = (): void => {
    isOver = true;
    clearInterval(beat);
  };
  return {
    async end() {
      stop();
      const last = current;
      if (last === undefined) return endAnew(transport, target);
      const ended = last.exit.then(
        () => true,
        () => true,
      );
      last.stdin?.write('over\n');
      const told = await Promise.race([ended, delay(patienceMs, false, { ref: false })]);
      last.disconnect();
      return told || endAnew(transport, target);
    },
    release() {
      stop();
      current?.disconnect();
    },
  };
}

async function begin(transport: Transport, target: Target, signal: AbortSignal): Promise<RemoteProcess> {
  const request = { command: ['sh', '-c', script], stdin: true, halfClose: false, tty: null } as const;
  const remote = await transport.exec(target, request, signal);
  const abort = (): void => remote.disconnect(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    await answerOf(remote);
    remote.stdin?.on('error', () => {});
    return remote;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Waits for the word of the script. */
function answerOf(remote: RemoteProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    remote.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    remote.stdout.on('data', () => resolve());
    remote.exit.then(({ code }) => reject(unfit(said, code)), reject);
  });
}

function unfit(said: string, code: number): KxError {
  const words = said.replace(/\s+/g, ' ').trim();
  return new KxError('KX_HELPER_POD', `the image of the helper pod cannot be used: ${words || `exit code ${code}`}`, {
    hint: 'it needs sh, sleep and nsenter: name another by --image, or by --tools',
  });
}

async function endAnew(transport: Transport, target: Target): Promise<boolean> {
  const ended = runToEnd(transport, target, ['sh', '-c', endPod], AbortSignal.timeout(patienceMs));
  return ended.then(
    ({ status }) => status.code === 0,
    () => false,
  );
}
