import { deriveProcess, type Capability } from '../process/index.ts';
import { sessionEnder } from './end-session.ts';
import type { Transport } from './transport.ts';
import { endBare } from './wrapper-script.ts';

/** Seconds by which the clocks of two nodes' kernels and a slow connection may differ. */
const slack = 2;

/** Adds 'signal' to a transport whose commands run as they are: the process is found again by its words and its age. */
export function traceableTransport(inner: Transport): Transport {
  return {
    name: inner.name,
    async exec(target, request, signal) {
      const asked = performance.now();
      const remote = await inner.exec(target, request, signal);
      return deriveProcess(remote, {
        can: new Set<Capability>([...remote.can, 'signal']),
        signal: sessionEnder(inner, target, (name, known) => {
          const age = (performance.now() - asked) / 1000 + slack;
          return endBare(request.command, age, name, known);
        }),
      });
    },
  };
}
