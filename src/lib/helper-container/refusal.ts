import { KxError } from '../errors/index.ts';
import { describeTarget, type Pod, type Target } from '../target/index.ts';

/** What is left where no helper can be had. */
const otherWays = 'run the container from an image that has sh, or mount its volume in a pod that has one';

/** A helper that cannot be had, or would not help: the container's missing shell is what stays. */
export function noHelper(target: Target, because: string, hint?: string): KxError {
  const message = `${describeTarget(target)} has no sh, and a helper container cannot stand in: ${because}`;
  return new KxError('KX_SHELL_MISSING', message, {
    hint: hint === undefined ? otherWays : `${hint}; or ${otherWays}`,
  });
}

/** Why a pod can have no helper at all; undefined when it can. */
export function unfitReason({ metadata, spec }: Pod): string | undefined {
  if (metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    return 'the pod is a static pod, which can have no ephemeral container';
  }
  return spec?.os?.name === 'windows' ? 'a Windows pod has no /proc' : undefined;
}

/** What the server said to an ephemeral container, with the ways that are left. */
export function explainRefusal(target: Target, error: unknown): unknown {
  if (!(error instanceof KxError)) return error;
  const { details, message, ran } = error;
  const status = details['status'];
  // The 404 of an object names it; that of a path that the server does not have names nothing.
  if (status === '404' && !message.includes(`"${target.pod}"`)) {
    return noHelper(target, 'the server has no ephemeral containers (Kubernetes 1.25 has)');
  }
  if (status === '409') {
    return new KxError('KX_TARGET_CHANGED', `pod "${target.pod}" was changed meanwhile: ${message}`, {
      ran,
      details,
      cause: error,
    });
  }
  if (status !== '400' && status !== '403' && status !== '422') return error;
  // Whoever is refused by RBAC is told which verb and resource are missing; admission has words of its own.
  const needs = error.hint ?? 'the server does not let this pod have a helper container';
  return new KxError(status === '403' ? 'KX_FORBIDDEN' : 'KX_REMOTE', message, {
    ran,
    details,
    cause: error,
    hint: `${describeTarget(target)} has no sh; ${needs}; or ${otherWays}`,
  });
}
