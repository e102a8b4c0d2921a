import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import type { RemoteProcess } from '../../../lib/process/index.ts';
import {
  channels,
  serveProcess,
  spdy,
  spdyServerLink,
  statusOfError,
  v4,
  v5,
  websocketServerLink,
  type FrameLink,
} from '../../../lib/remotecommand/index.ts';
import type { RequestInfo } from '../api/request.ts';
import { ApiError, badRequest, notFound, statusBody } from '../api/status.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ContainerSpec, Pod } from '../cluster/objects.ts';
import { chooseContainer } from './choose-container.ts';
import type { Containers } from './containers.ts';
import { parseFaults, type Faults } from './faults.ts';
import { faultyLink } from './faulty-link.ts';

/** The size that a terminal has before its client says one. */
const firstSize = { width: 80, height: 24 };

/** The reasons that go with HTTP codes (k8s.io/apimachinery/pkg/apis/meta/v1). */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
};

interface Session {
  readonly pod: Pod;
  readonly container: ContainerSpec;
  readonly attach: boolean;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Serves pods/exec and pods/attach of a request that was authorized. Rejects with an ApiError before the upgrade. */
export async function serveStream(
  { cluster, containers }: { cluster: Cluster; containers: Containers },
  info: RequestInfo,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const session = readSession(cluster, info);
  const faults = parseFaults(session.pod.metadata.annotations, session.pod.metadata.name);
  if (faults.latency !== undefined) await sleep(faults.latency);
  if (faults.refuseUpgrade !== undefined) {
    const reason = reasons[faults.refuseUpgrade] ?? 'InternalError';
    const message = 'the upgrade is refused, as the annotation of the pod asks';
    throw new ApiError(faults.refuseUpgrade, reason, message);
  }
  const accepted = await accept(session, request, socket, head, faults);
  const link = faultyLink(accepted, socket, faults);
  try {
    const remote = await open(containers, session);
    if (socket.destroyed) {
      remote.stdin?.end();
      for (const output of [remote.stdout, remote.stderr]) output?.resume();
      return;
    }
    const served = serveProcess(link, withoutUnwanted(remote, session));
    link.resume();
    await served;
  } catch (error) {
    const status = error instanceof ApiError ? statusBody(error) : statusOfError(error as Error);
    link.listen({ onFrame: () => {}, onDrain: () => {}, onEnd: () => {} });
    link.send(channels.error, Buffer.from(JSON.stringify(status)));
    link.resume();
    link.close();
  }
}

function readSession(cluster: Cluster, { target, query }: RequestInfo): Session {
  const pod = cluster.getPod(target?.namespace ?? '', target?.name ?? '');
  if (pod === undefined) throw notFound('pods', '', target?.name ?? '');
  const container = chooseContainer(pod, query.get('container'));
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const asked = (name: string): boolean => ['true', '1'].includes(query.get(name) ?? '');
  const attach = target?.subresource === 'attach';
  const session: Session = {
    pod,
    container,
    attach,
    command: query.getAll('command'),
    stdin: asked('stdin'),
    stdout: asked('stdout'),
    stderr: asked('stderr') && !asked('tty'),
    tty: asked('tty'),
  };
  if (!session.stdin && !session.stdout && !session.stderr) {
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  if (!attach && session.command.length === 0) throw badRequest('you must specify a command');
  return session;
}

/** Upgrades to what the client asks for. Throws an ApiError before the upgrade. */
async function accept(
  session: Session,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  { noV5 }: Faults,
): Promise<FrameLink> {
  const isSpdy = request.headers.upgrade?.toLowerCase() === spdy.toLowerCase();
  const { 'x-stream-protocol-version': streams, 'sec-websocket-protocol': ofWebSocket = '' } = request.headers;
  const offered = (isSpdy ? String(streams) : ofWebSocket).split(',').map((each) => each.trim());
  const newer = isSpdy ? v4 : v5;
  const known: readonly string[] = [...(isSpdy ? [] : [v4]), ...(noV5 ? [] : [newer])];
  const chosen = offered.find((each) => known.includes(each));
  if (chosen === undefined) {
    throw badRequest(`unable to upgrade: none of the subprotocols is supported: ${JSON.stringify(offered)}`);
  }
  return isSpdy ? upgradeToSpdy(session, socket, head, chosen) : upgradeToWebSocket(request, socket, head, chosen);
}

function upgradeToSpdy(session: Session, socket: Duplex, head: Buffer, chosen: string): FrameLink {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${spdy}`];
  socket.write([...lines, `X-Stream-Protocol-Version: ${chosen}`, '', ''].join('\r\n'));
  return spdyServerLink({ socket, head, streams: session, liveness: { probe: () => Promise.resolve(true) } });
}

async function upgradeToWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  chosen: string,
): Promise<FrameLink> {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 64 << 20,
    handleProtocols: () => chosen,
  });
  const ws = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request, socket, head, (accepted) => {
      // Nobody listens before the command runs.
      accepted.pause();
      resolve(accepted);
    });
  });
  // The first message of a real server is an empty one on stdout.
  ws.send(Buffer.from([channels.stdout]));
  return websocketServerLink(ws);
}

function open(containers: Containers, session: Session): Promise<RemoteProcess> {
  const { pod, container, attach, command, stdin, tty } = session;
  const size = tty ? firstSize : null;
  return attach
    ? containers.attach(pod, container, { stdin, size })
    : containers.exec(pod, container, { command, stdin, tty: size });
}

/** Outputs that were not asked for are read and dropped. */
function withoutUnwanted(remote: RemoteProcess, { stdout, stderr }: Session): RemoteProcess {
  if (!stderr) remote.stderr?.resume();
  if (stdout) return stderr ? remote : { ...remote, stderr: null };
  remote.stdout.resume();
  return remote.stderr !== null && stderr ? { ...remote, stdout: remote.stderr, stderr: null } : remote;
}
