import { randomInt } from 'node:crypto';
import type { V1ContainerStatus, V1EphemeralContainer, V1SecurityContext } from '@kubernetes/client-node';
import type { Json, Pod } from '../target/index.ts';

/** After this long a helper ends by itself: an ephemeral container cannot be removed. */
export const lifetimeSeconds = 3600;

/** What every helper's name begins with, so that a later command finds it. */
export const namePrefix = 'kx-cp-';

/** Who the first process of a container is. `gid` is undefined where only the image says it. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number | undefined;
}

type SecurityContext = Json<V1SecurityContext>;
export type EphemeralContainer = Json<V1EphemeralContainer>;

/** A name that no container of the pod has; the letters are those of Kubernetes' own random names. */
export function createName(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return namePrefix + Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
}

/**
 * The user of a container: as the node reports it (status.containerStatuses[].user, Kubernetes 1.33), else as the pod
 * asks for it, else root. Undefined when it is only known not to be root.
 */
export function userOf(pod: Pod, container: string): ContainerUser | undefined {
  const seen = statusOf(pod, container)?.user?.linux;
  if (seen !== undefined) return { uid: seen.uid, gid: seen.gid };
  const own = securityOf(pod, container);
  const ofPod = pod.spec?.securityContext;
  const uid = own?.runAsUser ?? ofPod?.runAsUser;
  const gid = own?.runAsGroup ?? ofPod?.runAsGroup;
  if (uid !== undefined) return { uid, gid };
  return (own?.runAsNonRoot ?? ofPod?.runAsNonRoot) ? undefined : { uid: 0, gid: gid ?? 0 };
}

/** The status of a container that an ephemeral container can share its processes with. */
export function statusOf(pod: Pod, container: string): Json<V1ContainerStatus> | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container);
}

/** The helper as it is sent to the server. */
export function helperOf(
  pod: Pod,
  container: string,
  user: ContainerUser,
  { image, name }: { readonly image: string; readonly name: string },
): EphemeralContainer {
  return {
    name,
    image,
    // A local image, and one that is there already, need no registry.
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', String(lifetimeSeconds)],
    targetContainerName: container,
    securityContext: securityFor(user, securityOf(pod, container)),
  };
}

/**
 * The kernel shows a process' files (/proc/PID/root) to the same user and group whose capabilities include those of the
 * process (ptrace(2), PTRACE_MODE_READ_FSCREDS). A process that is not root has none, so a helper without any will do,
 * which passes the Pod Security level `restricted`. Root keeps the capabilities of its container, so the helper has them
 * too; no cluster that forbids them lets such a container run.
 */
function securityFor({ uid, gid }: ContainerUser, target: SecurityContext | undefined): SecurityContext {
  const { seLinuxOptions, appArmorProfile, capabilities, privileged } = target ?? {};
  const common: SecurityContext = {
    runAsUser: uid,
    ...(gid === undefined ? {} : { runAsGroup: gid }),
    runAsNonRoot: uid !== 0,
    seccompProfile: { type: 'RuntimeDefault' },
    ...(seLinuxOptions === undefined ? {} : { seLinuxOptions }),
    ...(appArmorProfile === undefined ? {} : { appArmorProfile }),
  };
  if (uid !== 0) return { ...common, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  if (privileged === true) return { ...common, capabilities: { add: ['SYS_PTRACE'] } };
  // The server takes CAP_SYS_ADMIN for escalation, and refuses to have one without the other.
  const isAdmin = (capabilities?.add ?? []).some((name) => /^(CAP_)?(SYS_ADMIN|ALL)$/.test(name));
  return {
    ...common,
    ...(isAdmin ? {} : { allowPrivilegeEscalation: false }),
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

function securityOf(pod: Pod, container: string): SecurityContext | undefined {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers].find(({ name }) => name === container)?.securityContext;
}
