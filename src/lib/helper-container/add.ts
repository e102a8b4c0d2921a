import type { ApiClient } from '../kube/index.ts';
import { readPod, type Pod, type Target } from '../target/index.ts';
import { apiserverTransport } from '../transport/index.ts';
import { createName, helperOf, statusOf, userOf } from './manifest.ts';
import { explainRefusal, noHelper, unfitReason } from './refusal.ts';
import { findHelper } from './reuse.ts';
import { findRoot } from './root.ts';
import { patchPod, waitUntilRunning } from './start.ts';

export interface HelperOptions {
  /** An image with `sh`, `sleep` and what the commands to come need. */
  readonly image: string;
  /** How long to wait until the helper runs, in milliseconds. */
  readonly podTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Told, before a helper is added, what will stay of it. */
  readonly say: (line: string) => void;
}

/** A container that runs commands in place of one that has no shell. */
export interface Helper {
  /** Where to run the commands. */
  readonly target: Required<Target>;
  /**
   * Where the files of the original target are in it: put before an absolute path, without a slash at its end. The kernel
   * follows an absolute symbolic link below it to the helper's own files: `locatePath` does not.
   */
  readonly root: string;
}

/**
 * Adds an ephemeral container that shares the processes of the target, as the target's user, or finds the one that an
 * earlier command added. Nothing removes it: it ends after an hour and stays listed until the pod ends.
 *
 * Rejects with KX_SHELL_MISSING when no helper is possible or would see the files, KX_FORBIDDEN (the user may not patch
 * pods/ephemeralcontainers, or admission refuses), KX_TARGET_NOT_RUNNING (it does not start, with the kubelet's words),
 * KX_TARGET_CHANGED, KX_TARGET_NOT_FOUND, or what the ApiClient rejects with.
 */
export async function addHelperContainer(api: ApiClient, target: Target, options: HelperOptions): Promise<Helper> {
  const { image, signal, say } = options;
  const { pod, target: original } = await readPod(api, target, signal);
  const unfit = unfitReason(pod);
  if (unfit !== undefined) throw noHelper(original, unfit);
  const user = userOf(pod, original.container);
  if (user === undefined) {
    throw noHelper(original, 'nothing says as which user it runs', 'set runAsUser in its securityContext');
  }
  const wanted = helperOf(pod, original.container, user, { image, name: createName() });
  const running = findHelper(pod, wanted, Date.now());
  const helper = { ...original, container: running ?? wanted.name };
  if (running === undefined) {
    say(
      `Adding the helper container ${wanted.name} (${image}) to pod ${original.pod}: it ends after an hour, and stays listed until the pod ends`,
    );
    await patchPod(api, original, wanted, signal).catch((error: unknown) => {
      throw explainRefusal(original, error);
    });
    await waitUntilRunning(api, original, { name: wanted.name, image, timeoutMs: options.podTimeoutMs, signal });
  }
  const containerId = sharesProcesses(pod) ? idOf(pod, original.container) : undefined;
  return { target: helper, root: await findRoot(apiserverTransport(api), helper, original, containerId, signal) };
}

/** PID 1 is then the pod's `pause`, or the init of the node. */
function sharesProcesses({ spec }: Pod): boolean {
  return spec?.shareProcessNamespace === true || spec?.hostPID === true;
}

/** Without the name of the runtime, as cgroups have it. */
function idOf(pod: Pod, container: string): string | undefined {
  return statusOf(pod, container)?.containerID?.replace(/^.*:\/\//, '');
}
