import { connect, type ConnectionFlags } from '../../src/lib/kube/index.ts';
import type { Capability } from '../../src/lib/process/index.ts';
import {
  apiserverTransport,
  traceableTransport,
  wrappedTransport,
  type Transport,
} from '../../src/lib/transport/index.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { Breakable, Place } from './environment.ts';

/** What can be around the command on its way, as `kx exec` does it for what a request needs. */
export const arounds: readonly { name: string; can: readonly Capability[]; around: (bare: Transport) => Transport }[] =
  [
    { name: 'bare', can: [], around: (bare) => bare },
    { name: 'traceable', can: ['signal'], around: traceableTransport },
    {
      name: 'wrapped',
      can: ['half-close', 'signal', 'start-ack', 'proven-end', 'env', 'cwd'],
      around: wrappedTransport,
    },
  ];

/** The apiserver transport as a connection of the kubeconfig has it. */
export async function apiserverAs(flags: ConnectionFlags): Promise<Transport> {
  return apiserverTransport(await connect(flags, { env: {}, log: () => {} }));
}

/** A place behind a proxy that the test can cut. */
export async function openBreakable(
  flags: ConnectionFlags,
  place: Pick<Place, 'target'>,
  around: (bare: Transport) => Transport,
): Promise<Breakable> {
  const { server } = await connect(flags, { env: {}, log: () => {} });
  const { protocol, hostname, port, pathname } = new URL(server);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
  const behind = { ...flags, server: `${protocol}//127.0.0.1:${proxy.port}${pathname}`, tlsServerName: hostname };
  return {
    target: place.target,
    transport: around(await apiserverAs(behind)),
    cut: () => proxy.cut(),
  };
}
