import { randomInt } from 'node:crypto';
import type { V1PodDNSConfig } from '@kubernetes/client-node';
import type { Json, Pod } from '../target/index.ts';
import { idleSeconds, watchdog } from './scripts.ts';

/** What a node pod is to be. Times are milliseconds. */
export interface NodePodSpec {
  readonly namespace: string;
  readonly node: string;
  /** An image with `sh` and `sleep`, and what the commands to come need. */
  readonly image: string;
  /** Without: the image may be written to. */
  readonly readOnly: boolean;
  readonly pullSecrets: readonly string[];
  readonly resources: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Whose it is, in words of the server; for what, in words for people. */
  readonly user: string;
  readonly purpose: string;
  /** After this time it ends, whatever happens. */
  readonly lifetime: number;
  /** True: it does not end when its user goes. */
  readonly keep: boolean;
  /** Names and contents of the files in `folderOfFiles`. */
  readonly files: Readonly<Record<string, string>>;
  readonly dns?: { readonly policy: string; readonly config: Json<V1PodDNSConfig> | undefined } | undefined;
}

export const container = 'kx';
/** What all node pods have, by which they are found. */
export const marker = 'kx.dev/node-pod';
export const keepLabel = 'kx.dev/keep';
export const userAnnotation = 'kx.dev/user';
export const purposeAnnotation = 'kx.dev/target';
export const sinceAnnotation = 'kx.dev/since';
export const deadlineAnnotation = 'kx.dev/deadline';

/**
 * The pod as it is sent to the server. With the host's network it needs none of its own and starts on a node whose network is
 * broken; it bypasses the scheduler and tolerates all taints. It gets no token: who gets into it gets no rights at the API.
 */
export function makeNodePod(spec: NodePodSpec, now: number): Pod {
  const { node, image, keep, lifetime, pullSecrets, resources, dns } = spec;
  const seconds = Math.ceil(lifetime / 1000);
  const since = new Date(now).toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: createName(),
      namespace: spec.namespace,
      labels: {
        ...spec.labels,
        'app.kubernetes.io/managed-by': 'kubectl-kx',
        [marker]: 'true',
        'kx.dev/user': labelValue(spec.user),
        'kx.dev/target': labelValue(spec.purpose),
        'kx.dev/since': labelValue(since),
        ...(keep ? { [keepLabel]: 'true' } : {}),
      },
      annotations: {
        ...spec.annotations,
        [userAnnotation]: spec.user,
        [purposeAnnotation]: spec.purpose,
        [sinceAnnotation]: since,
        [deadlineAnnotation]: new Date(now + lifetime).toISOString(),
      },
    },
    spec: {
      nodeName: node,
      tolerations: [{ operator: 'Exists' }],
      hostPID: true,
      hostNetwork: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: seconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
      ...(dns === undefined
        ? {}
        : { dnsPolicy: dns.policy, ...(dns.config === undefined ? {} : { dnsConfig: dns.config }) }),
      containers: [
        {
          name: container,
          image,
          // An image that is there already needs no registry.
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', verbatim(watchdog), 'kx-helper', String(seconds), String(keep ? 0 : idleSeconds)],
          args: Object.entries(spec.files).flat().map(verbatim),
          securityContext: {
            privileged: true,
            runAsUser: 0,
            runAsGroup: 0,
            runAsNonRoot: false,
            readOnlyRootFilesystem: spec.readOnly,
          },
          ...(Object.keys(resources).length === 0 ? {} : { resources: { requests: resources, limits: resources } }),
        },
      ],
    },
  };
}

/** Kubernetes takes $$ for $ in a command, and $(NAME) for a variable. */
function verbatim(word: string): string {
  return word.replaceAll('$', () => '$$');
}

function createName(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return `kx-${Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('')}`;
}

/** As much of a text as a label can hold. */
function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
