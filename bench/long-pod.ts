import { execFileSync } from 'node:child_process';
import { wayThere } from './places.ts';
import { env, kubectl } from './programs.ts';

/** The pod with a long log. */
export const longPod = 'kx-bench-log';

const lineBytes = 1000;
const lines = 250_000;
/** Bytes of its log. */
export const longPodBytes = lines * lineBytes;

/** Numbers in nine digits, a space, and what makes a line of it. */
const program = `BEGIN { rest = sprintf("%0${lineBytes - 11}d", 0); for (line = 1; line <= ${lines}; line++) print line + 100000000, rest }`;

const manifest = `apiVersion: v1
kind: Pod
metadata: {name: ${longPod}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  containers: [{name: main, image: 'kx-busybox:local', command: [awk, '${program}']}]
`;

/** The kubelet looks every ten seconds whether a log is to be rotated: so many times it may look while it is written. */
const tries = 12;

/** Makes the pod. Its log is written as fast as can be and must be whole: where it was rotated meanwhile, it is made again. */
export function makeLongPod(): void {
  for (let left = tries; left > 0; left--) {
    removeLongPod();
    run(['apply', '-f', '-'], manifest);
    run(['wait', `pod/${longPod}`, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s']);
    if (run(['logs', longPod, '--limit-bytes=10']) === '100000001 ') return;
  }
  throw new Error('the log was rotated every time while it was written');
}

/** Removes the pod, if there is one. */
export function removeLongPod(): void {
  run(['delete', 'pod', longPod, '--ignore-not-found', '--now', '--timeout=60s']);
}

function run(words: readonly string[], input = ''): string {
  const args = [...wayThere().flags, ...words];
  return execFileSync(kubectl, args, { env: env(), input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] });
}
