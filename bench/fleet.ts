import { execFileSync } from 'node:child_process';
import { wayThere } from './places.ts';
import { env, kubectl } from './programs.ts';

/** The label of the pods that fan-out runs in. */
export const fleetLabel = 'app=kx-bench-fleet';
const name = 'deployment/kx-bench-fleet';

const manifest = (replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: kx-bench-fleet}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: kx-bench-fleet}}
  template:
    metadata: {labels: {app: kx-bench-fleet}}
    spec:
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {matchLabels: {app: kx-bench-fleet}}
      terminationGracePeriodSeconds: 1
      automountServiceAccountToken: false
      containers: [{name: main, image: 'kx-busybox:local'}]
`;

/** Makes so many pods and waits until all of them run. */
export function startFleet(replicas: number): void {
  run(['apply', '-f', '-'], manifest(replicas));
  run(['rollout', 'status', name, '--timeout=900s']);
}

/** Removes the pods, if there are any. */
export function endFleet(): void {
  run(['delete', name, '--ignore-not-found', '--cascade=foreground', '--timeout=120s']);
}

function run(words: readonly string[], input = ''): void {
  execFileSync(kubectl, [...wayThere().flags, ...words], { env: env(), input, stdio: ['pipe', 'ignore', 'inherit'] });
}
