import { mkdtempSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { clusterKubeconfig, clusterNamespace } from '../test/support/cluster.ts';
import { startSandboxProcess } from '../test/support/sandbox.ts';
import { startLogServer } from './log-server.ts';

/** Where programs work: the test cluster, a sandbox with so many pods `web-N`, or a server with one long log. */
export type Place = 'cluster' | `sandbox-${number}` | 'long-log';

/** How programs get there. */
export interface Way {
  readonly kubeconfig: string;
  /** The flags of both programs. */
  readonly flags: readonly string[];
}

/** The label of the pods of a sandbox. */
export const sandboxLabel = 'app=web';
/** So many seconds of the long log are 1 GiB, and a little more. */
export const longLogSeconds = 1049;

const cluster: Way = { kubeconfig: clusterKubeconfig(), flags: ['--context', 'kx', '--namespace', clusterNamespace] };
let current: { readonly place: Place; readonly way: Way; close(): Promise<void> | void } = {
  place: 'cluster',
  way: cluster,
  close: () => {},
};

/** Goes to a place, and leaves the one before: each has the machine for itself. */
export async function goTo(place: Place): Promise<void> {
  if (current.place === place) return;
  await current.close();
  current = { place, ...(await open(place)) };
}

/** The way to the place of now. */
export function wayThere(): Way {
  return current.way;
}

async function open(place: Place): Promise<Omit<typeof current, 'place'>> {
  if (place === 'cluster') return { way: cluster, close: () => {} };
  if (place === 'long-log') {
    const server = await startLogServer(longLogSeconds);
    const kubeconfig = join(mkdtempSync('long-log-'), 'kubeconfig');
    writeFileSync(kubeconfig, server.kubeconfig);
    return { way: { kubeconfig, flags: [] }, close: () => server.close() };
  }
  const sandbox = await startSandboxProcess(manyPods(Number(place.slice('sandbox-'.length))));
  // One server among 64 clients on the same cores would get so little of them that kubectl gives up its TLS handshakes.
  setPriority(sandbox.running.child.pid ?? 0, -10);
  return { way: { kubeconfig: sandbox.kubeconfig, flags: [] }, close: () => sandbox.close() };
}

/** A cluster of the sandbox with so many pods. */
function manyPods(replicas: number): string {
  return `apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: 'test/main:1' }] }
`;
}
