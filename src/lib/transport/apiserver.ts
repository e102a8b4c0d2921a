import { KxError } from '../errors/index.ts';
import type { ApiClient } from '../kube/index.ts';
import type { ExecRequest } from '../process/index.ts';
import { connectProcess, isSubprotocol, v4, v5, websocketClientLink } from '../remotecommand/index.ts';
import type { Target } from '../target/index.ts';
import type { Transport } from './transport.ts';

/** The way every cluster has: a WebSocket to the kube-apiserver, which passes it on to the kubelet. */
export function apiserverTransport(api: ApiClient): Transport {
  return {
    name: 'apiserver',
    async exec(target, request, signal) {
      const offer = subprotocolsFor(request);
      const connection = await api.upgrade(execPath(target), offer, { query: execQuery(target, request), signal });
      if (!isSubprotocol(connection.subprotocol) || !offer.includes(connection.subprotocol)) {
        connection.socket.destroy();
        const chosen = connection.subprotocol ?? 'none';
        throw new KxError(
          'KX_PROTOCOL',
          `the server chose the subprotocol ${chosen}, and was offered ${offer.join(', ')}`,
          {
            ran: 'maybe',
          },
        );
      }
      const link = websocketClientLink({
        socket: connection.socket,
        head: connection.head,
        subprotocol: connection.subprotocol,
        liveness: { probe: (timeoutMs) => api.probe(timeoutMs) },
      });
      return connectProcess(link, request);
    },
  };
}

/**
 * v5 only where the end of stdin must be told. It is translated on the way, and the translator turns a runtime that died
 * into a Success (client-go errorstream.go); v4 is tunnelled to the runtime, where the same death is a stream without a
 * Status. Under a terminal the end of input is a key, not a half-close.
 */
function subprotocolsFor(request: ExecRequest): readonly string[] {
  return request.stdin && request.tty === null && request.halfClose !== false ? [v5, v4] : [v4];
}

function execPath(target: Target): string {
  return `/api/v1/namespaces/${encodeURIComponent(target.namespace)}/pods/${encodeURIComponent(target.pod)}/exec`;
}

/** Source of the names: k8s.io/api/core/v1 PodExecOptions. A terminal has no stderr of its own. */
function execQuery(target: Target, request: ExecRequest): URLSearchParams {
  const query = new URLSearchParams();
  for (const word of request.command) query.append('command', word);
  if (target.container !== undefined) query.set('container', target.container);
  if (request.stdin) query.set('stdin', 'true');
  query.set('stdout', 'true');
  if (request.tty === null) query.set('stderr', 'true');
  else query.set('tty', 'true');
  return query;
}
