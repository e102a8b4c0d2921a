import { isDeepStrictEqual } from 'node:util';
import type { Pod } from '../target/index.ts';
import { lifetimeSeconds, namePrefix, type EphemeralContainer } from './manifest.ts';

/**
 * The name of a helper of an earlier command that runs, does what the wanted one would do, and has at least half of its
 * time left. Undefined when there is none.
 */
export function findHelper(pod: Pod, wanted: EphemeralContainer, now: number): string | undefined {
  const same = (pod.spec?.ephemeralContainers ?? []).filter(
    (each) =>
      each.name.startsWith(namePrefix) &&
      each.image === wanted.image &&
      each.targetContainerName === wanted.targetContainerName &&
      isDeepStrictEqual(each.command, wanted.command) &&
      // The server adds its own defaults to what was sent.
      isDeepStrictEqual({ ...each.securityContext, ...wanted.securityContext }, each.securityContext),
  );
  return same.find(({ name }) => {
    const startedAt = pod.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state?.running
      ?.startedAt;
    return startedAt !== undefined && now - Date.parse(startedAt) < (lifetimeSeconds * 1000) / 2;
  })?.name;
}
