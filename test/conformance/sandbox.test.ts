import type { Capability } from '../../src/lib/process/index.ts';
import { startSandboxProcess } from '../support/sandbox.ts';
import type { Environment } from './environment.ts';
import { apiserverAs, arounds, openBreakable } from './kubernetes.ts';
import { transportSuite } from './suite.ts';

for (const { name, can, around } of arounds) {
  transportSuite({ name: `sandbox, ${name}`, open: () => open(can, around) });
}

/** The sandbox as a program of its own: what it does wrong shows in no process but its own. */
async function open(can: readonly Capability[], around: (typeof arounds)[number]['around']): Promise<Environment> {
  const sandbox = await startSandboxProcess();
  const { kubeconfig } = sandbox;
  const bare = await apiserverAs({ kubeconfig });
  const transport = around(bare);
  const target = (pod: string, container?: string) => ({
    namespace: 'default',
    pod,
    ...(container === undefined ? {} : { container }),
  });
  const shell = { transport, target: target('one') };
  const viewer = { kubeconfig, context: 'sandbox-viewer' };
  const breakable = await openBreakable({ kubeconfig }, shell, around);
  return {
    shell,
    can: new Set<Capability>(['half-close', ...can]),
    terminals: true,
    noShell: { transport, target: target('scratch') },
    missingPod: { transport, target: target('no-such-pod') },
    missingContainer: { transport, target: target('one', 'no-such-container') },
    unnamedContainer: { transport, target: target('two') },
    forbidden: { transport: around(await apiserverAs(viewer)), target: shell.target },
    unauthenticated: {
      transport: around(await apiserverAs({ ...viewer, token: 'no-such-token' })),
      target: shell.target,
    },
    v4: { transport: bare, target: target('old') },
    breakable,
    faults: {
      noStatus: { transport: bare, target: target('no-status') },
      lateStatus: { transport, target: target('late-status') },
    },
  };
}
