import { setTimeout as delay } from 'node:timers/promises';
import { toKxError } from '../../src/lib/errors/index.ts';
import type { Capability, ExecRequest } from '../../src/lib/process/index.ts';
import {
  channels,
  connectProcess,
  memoryLinkPair,
  serveProcess,
  statusOfError,
  v4,
  v5,
  type FrameLink,
  type Subprotocol,
} from '../../src/lib/remotecommand/index.ts';
import { openLocalRuntime, type LocalContainer } from '../../src/lib/runtime/index.ts';
import { traceableTransport, wrappedTransport, type Transport } from '../../src/lib/transport/index.ts';
import type { Environment, Place } from './environment.ts';
import { transportSuite } from './suite.ts';
import { endAfterwards } from '../support/ending.ts';

type Around = (bare: Transport) => Transport;
type Serve = (link: FrameLink, request: ExecRequest) => Promise<void>;

const kinds: readonly { name: string; can: readonly Capability[]; around: Around }[] = [
  { name: 'memory', can: ['half-close'], around: (bare) => bare },
  { name: 'memory, traceable', can: ['half-close', 'signal'], around: traceableTransport },
  {
    name: 'memory, wrapped',
    can: ['half-close', 'signal', 'start-ack', 'proven-end', 'env', 'cwd'],
    around: wrappedTransport,
  },
];

for (const { name, can, around } of kinds) {
  transportSuite({ name, open: () => openMemory(new Set(can), around) });
}

const target = { namespace: 'memory', pod: 'here' };
const container: LocalContainer = { id: 'shell', hostname: 'here', hosts: '', env: {}, workingDir: '/', empty: false };
const emptyContainer: LocalContainer = { ...container, id: 'empty', empty: true };

/** The two halves of the protocol over a pair of links, with commands of this machine behind them. */
async function openMemory(can: ReadonlySet<Capability>, around: Around): Promise<Environment> {
  const runtime = await openLocalRuntime();
  endAfterwards(() => runtime.close());
  const serve =
    (where: LocalContainer): Serve =>
    async (link, request) => {
      try {
        await serveProcess(link, await runtime.exec(where, request));
      } catch (error) {
        link.send(channels.error, Buffer.from(JSON.stringify(statusOfError(toKxError(error)))));
        link.close();
      }
    };
  const bare = (subprotocol: Subprotocol, how: Serve): Place => ({
    transport: pairTransport(subprotocol, how),
    target,
  });
  const place = (subprotocol: Subprotocol, how: Serve): Place => ({
    transport: around(pairTransport(subprotocol, how)),
    target,
  });
  const links = new Set<FrameLink>();

  return {
    shell: place(v5, serve(container)),
    can,
    terminals: false,
    noShell: place(v5, serve(emptyContainer)),
    v4: bare(v4, serve(container)),
    breakable: {
      ...place(v5, (link, request) => {
        links.add(link);
        return serve(container)(link, request);
      }),
      cut: () => {
        for (const link of links) link.abort('cut by the test');
        links.clear();
      },
    },
    faults: {
      noStatus: bare(v5, (link) => {
        link.send(channels.stdout, Buffer.from('hello\n'));
        link.close();
        return Promise.resolve();
      }),
      lateStatus: place(v5, async (link, request) => {
        const remote = await runtime.exec(container, request);
        const exit = remote.exit.then((status) => delay(300, status));
        await serveProcess(link, { ...remote, exit });
      }),
    },
  };
}

function pairTransport(subprotocol: Subprotocol, serve: Serve): Transport {
  return {
    name: 'memory',
    async exec(_target, request, signal) {
      signal?.throwIfAborted();
      const [near, far] = memoryLinkPair(subprotocol);
      // A connection takes a moment, in which the caller can think better of it.
      await delay(0, undefined, signal && { signal });
      void serve(far, request);
      return connectProcess(near, request);
    },
  };
}
