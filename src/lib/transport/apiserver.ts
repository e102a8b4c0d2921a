import { KxError } from '../errors/index.ts';
import type { ApiClient, UpgradedConnection } from '../kube/index.ts';
import type { ExecRequest, RemoteProcess } from '../process/index.ts';
import {
  connectProcess,
  isSubprotocol,
  spdy,
  spdyClientLink,
  v4,
  v5,
  websocketClientLink,
} from '../remotecommand/index.ts';
import type { Target } from '../target/index.ts';
import type { Transport } from './transport.ts';

type Way = (api: ApiClient, target: Target, request: ExecRequest, signal?: AbortSignal) => Promise<RemoteProcess>;

/**
 * The way every cluster has: a connection to the kube-apiserver, which passes it on to the kubelet. It is a WebSocket, or SPDY
 * where much may be sent; what is refused as the one is tried as the other (docs/adr/0023).
 */
export function apiserverTransport(api: ApiClient): Transport {
  let spdyIsRefused = false;
  return {
    name: 'apiserver',
    async exec(target, request, signal) {
      const maySendMuch = request.stdin && request.tty === null;
      if (!maySendMuch || spdyIsRefused) {
        return overWebSocket(api, target, request, signal).catch(async (error: unknown) => {
          if (!isOfThisWay(error)) throw error;
          return overSpdy(api, target, request, signal).catch((later: unknown) => {
            throw isOfThisWay(later) ? error : later;
          });
        });
      }
      return overSpdy(api, target, request, signal).catch(async (error: unknown) => {
        if (!isOfThisWay(error)) throw error;
        const remote = await overWebSocket(api, target, request, signal);
        // A right may be lacking for one pod only, and a cut may be chance.
        spdyIsRefused = error.code !== 'KX_FORBIDDEN' && error.code !== 'KX_CONNECTION_LOST';
        return remote;
      });
    },
  };
}

/** Whether another way may go where this one was refused or cut, and nothing has run. */
function isOfThisWay(error: unknown): error is KxError {
  if (!(error instanceof KxError) || error.ran !== 'no') return false;
  if (error.code === 'KX_CONNECTION_LOST') return true;
  if (error.details['upgradeRefused'] === undefined) return false;
  if (error.code === 'KX_FORBIDDEN' || error.code === 'KX_TRANSPORT_UNAVAILABLE') return true;
  // As apimachinery/pkg/util/httpstream and the kubelet say it. "unable to upgrade connection" is what stands in front of
  // whatever a kubelet has to refuse, such as a container that does not run.
  return error.code === 'KX_REMOTE' && /upgrade/i.test(error.message) && !/upgrade connection:/i.test(error.message);
}

const overWebSocket: Way = async (api, target, request, signal) => {
  const offer = subprotocolsFor(request);
  const connection = await api.upgrade(execPath(target), offer, { query: execQuery(target, request), signal });
  const { subprotocol } = connection;
  if (!isSubprotocol(subprotocol) || !offer.includes(subprotocol)) throw wrongChoice(connection, offer);
  return connectProcess(websocketClientLink({ ...connection, subprotocol, liveness: livenessOf(api) }), request);
};

const overSpdy: Way = async (api, target, request, signal) => {
  const query = execQuery(target, request);
  const connection = await api.upgrade(execPath(target), [v4], { query, signal, protocol: spdy });
  if (connection.subprotocol !== v4) throw wrongChoice(connection, [v4]);
  const tty = request.tty !== null;
  const streams = { stdin: request.stdin, stdout: true, stderr: !tty, tty };
  return connectProcess(spdyClientLink({ ...connection, streams, liveness: livenessOf(api) }), request);
};

function livenessOf(api: ApiClient) {
  return { probe: (timeoutMs: number) => api.probe(timeoutMs) };
}

function wrongChoice({ socket, subprotocol = 'none' }: UpgradedConnection, offer: readonly string[]): KxError {
  socket.destroy();
  const message = `the server chose the subprotocol ${subprotocol}, and was offered ${offer.join(', ')}`;
  return new KxError('KX_PROTOCOL', message, { ran: 'maybe' });
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
