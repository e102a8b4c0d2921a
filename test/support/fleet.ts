import { runKx, startKx, type Ended, type ProgramOptions, type Running } from './program.ts';
import { startSandboxProcess, type SandboxProcess } from './sandbox.ts';

/** A sandbox for commands on many pods: web-0 to web-11, db-0 to db-2 of two containers, and pods that go wrong. */
export interface Fleet {
  readonly sandbox: SandboxProcess;
  fanout(args: readonly string[], options?: ProgramOptions): Promise<Ended>;
  start(args: readonly string[], options?: ProgramOptions): Running;
}

const pod = (name: string, more = '', containers = '[{ name: main, image: test/main:1 }]'): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}${more} }
spec: { nodeName: node-1, containers: ${containers} }
---
`;

const set = (name: string, replicas: number, containers: string): string => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template: { metadata: { labels: { app: ${name} } }, spec: { containers: ${containers} } }
---
`;

const cluster = `apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
apiVersion: v1
kind: Node
metadata: { name: node-2 }
---
apiVersion: v1
kind: Namespace
metadata: { name: other }
---
${set('web', 12, '[{ name: main, image: test/main:1 }]')}${set('db', 3, '[{ name: main, image: test/main:1 }, { name: side, image: test/side:1 }]')}
${pod('bare', '', '[{ name: main, image: scratch }]')}
${pod('elsewhere', ', namespace: other')}
${pod('refused', ', annotations: { sandbox.kx.dev/fault: refuse-upgrade=403 }')}
${pod('down', ', annotations: { sandbox.kx.dev/fault: refuse-upgrade=503 }')}
${pod('cut', ', annotations: { sandbox.kx.dev/fault: cut-after=100KiB }')}
${pod('no-status', ', annotations: { sandbox.kx.dev/fault: no-status }')}
${pod('frozen', ', annotations: { sandbox.kx.dev/fault: freeze-after=10 }')}
apiVersion: v1
kind: Pod
metadata: { name: finished, labels: { app: web } }
spec: { nodeName: node-1, containers: [{ name: main, image: test/main:1 }] }
status: { phase: Succeeded }
---
apiVersion: kx.dev/v1
kind: SandboxUser
metadata: { name: viewer }
spec:
  token: viewer-token
  rules:
    - { verbs: [get, list, watch], apiGroups: ['', apps], resources: ['*'] }
    - { verbs: [get, create], resources: [pods/exec], namespaces: [other] }
`;

export async function startFleet(): Promise<Fleet> {
  const sandbox = await startSandboxProcess(cluster);
  const withEnv = (options: ProgramOptions): ProgramOptions => ({
    ...options,
    env: { ...sandbox.env, ...options.env },
  });
  return {
    sandbox,
    fanout: (args, options = {}) => runKx(['fanout-exec', ...args], withEnv(options)),
    start: (args, options = {}) => startKx(['fanout-exec', ...args], withEnv(options)),
  };
}
