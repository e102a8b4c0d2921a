import type { ApiClient } from '../kube/index.ts';
import { makeNodePod, openNodePod, reuseNodePod, type NodePodOptions, type NodePodSpec } from '../node-pod/index.ts';
import { apiserverTransport, createNonce, wrappedTransport } from '../transport/index.ts';
import type { PrivilegedAccess } from './access.ts';
import { enteredProcess } from './entered-process.ts';
import { enterFile, enterWords } from './entry.ts';
import { enterScript } from './enter-script.ts';

/** The helper pod, without what it needs for its commands. */
export type HelperOptions = NodePodOptions & {
  readonly spec: Omit<NodePodSpec, 'files'>;
  /** The name of one that was kept, to be used instead. */
  readonly reuse: string | undefined;
};

/** Commands with privilege by a helper pod on their node. Rejects as `openNodePod` and `reuseNodePod` do. */
export async function openHelperAccess(api: ApiClient, options: HelperOptions): Promise<PrivilegedAccess> {
  const { spec, reuse } = options;
  const pod =
    reuse === undefined
      ? await openNodePod(api, makeNodePod({ ...spec, files: { [enterFile]: enterScript } }, Date.now()), {
          ...options,
          keep: spec.keep,
        })
      : await reuseNodePod(api, { namespace: spec.namespace, name: reuse, node: spec.node }, options);
  // Unless the command has its own: the start, the end and the processes of a command are only known by the wrapper in such a pod.
  const plain = apiserverTransport(api);
  const wrapped = wrappedTransport(plain);
  return {
    target: pod.target,
    async exec(place, request, signal) {
      const nonce = createNonce();
      const { command, stdin, tty, entry, halfClose, bare } = request;
      const words = enterWords(nonce, place, entry, command);
      const transport = bare ? plain : wrapped;
      const ends = halfClose === undefined ? {} : { halfClose };
      const remote = await transport.exec(pod.target, { command: words, stdin, tty, ...ends }, signal);
      return enteredProcess(remote, nonce, place, request);
    },
    close: () => pod.close(),
  };
}
