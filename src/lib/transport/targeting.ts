import { toKxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import { deriveProcess, type ExecRequest, type RemoteProcess } from '../process/index.ts';
import { chooseContainer, explainExecFailure, needsContainerChoice, type Target } from '../target/index.ts';
import type { Transport } from './transport.ts';

export interface TargetingTransport extends Transport {
  /** The target with the container that was chosen for it, if one had to be. */
  chosen(target: Target): Target;
}

/**
 * Adds what kubectl does about a refusal. Where the server will not choose among the containers of a pod, the pod is read
 * once and kubectl's choice is taken, also by every later command; `say` is told of it. What else is wrong with the target
 * is explained, also when it shows only behind the upgrade.
 */
export function targetingTransport(
  inner: Transport,
  api: ApiClient,
  quiet: boolean,
  say: (line: string) => void,
): TargetingTransport {
  const choices = new Map<string, Target>();
  const chosen = (target: Target): Target =>
    target.container === undefined ? (choices.get(keyOf(target)) ?? target) : target;
  const start = async (target: Target, request: ExecRequest, signal?: AbortSignal): Promise<RemoteProcess> => {
    try {
      return await inner.exec(chosen(target), request, signal);
    } catch (refusal) {
      if (!needsContainerChoice(refusal)) throw refusal;
      choices.set(keyOf(target), await chooseContainer(api, target, { refusal, quiet, signal }, say));
      return inner.exec(chosen(target), request, signal);
    }
  };
  return {
    name: inner.name,
    chosen,
    async exec(target, request, signal) {
      const explain = async (error: unknown): Promise<never> => {
        throw await explainExecFailure(api, chosen(target), toKxError(error), signal);
      };
      const remote = await start(target, request, signal).catch(explain);
      const exit = remote.exit.catch(explain);
      exit.catch(() => {});
      return deriveProcess(remote, { exit });
    },
  };
}

function keyOf({ namespace, pod }: Target): string {
  return `${namespace}/${pod}`;
}
