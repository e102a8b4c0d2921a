import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { formatKubeconfig } from '../src/services/sandbox/kubeconfig.ts';
import { makeCertificates } from '../src/services/sandbox/certificates.ts';

/** What is asked of a server that has one pod with one long log. */
export interface LogServer {
  readonly kubeconfig: string;
  close(): void;
}

const lineLength = 200;
const linesInBlock = 5120;
/** Bytes of one block of the log, without timestamps. */
export const blockBytes = lineLength * linesInBlock;
/** As a kube-apiserver sends a log over HTTP/1.1. */
const chunkBytes = 2048;

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'big', namespace: 'default', uid: 'big' },
  spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'test/main:1' }] },
  status: { phase: 'Succeeded', containerStatuses: [{ name: 'main', ready: false, restartCount: 0, state: {} }] },
};
const documents: Readonly<Record<string, unknown>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] }],
  },
  '/api/v1/namespaces/default/pods/big': pod,
};

/**
 * Serves the pod `big` with a log of so many seconds, a block each, at next to no cost: no cluster keeps a log of 1 GiB in
 * one file.
 */
export async function startLogServer(seconds: number): Promise<LogServer> {
  const certificates = await makeCertificates('admin', 'system:masters');
  const { certificate: cert, key } = certificates.server;
  const http = createServer((request, response) => void serve(request, response, seconds));
  const sockets = new Set<Socket>();
  const tls = createTlsServer({ cert, key, ca: certificates.ca, ALPNProtocols: ['http/1.1'] }, (socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    http.emit('connection', socket);
  });
  tls.listen(0, '127.0.0.1');
  await once(tls, 'listening');
  const server = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  return {
    kubeconfig: formatKubeconfig(server, certificates, []),
    close: () => {
      tls.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, seconds: number): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
  if (pathname !== '/api/v1/namespaces/default/pods/big/log') {
    const document = documents[pathname];
    response.writeHead(document === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(document ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 }));
    return;
  }
  const hasTimes = searchParams.get('timestamps') === 'true';
  const { socket } = request;
  if (searchParams.has('tailLines')) {
    const last = blockAt(seconds - 1, hasTimes);
    const size = (last.length / linesInBlock) * Number(searchParams.get('tailLines'));
    response.end(last.subarray(-size));
    return;
  }
  // Chunks by hand: response.write would cost more than all clients.
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.flushHeaders();
  const plain = hasTimes ? undefined : frame(blocks.plain);
  const gone = once(socket, 'close');
  for (let second = 0; second < seconds && !socket.destroyed; second++) {
    if (!socket.write(plain ?? frame(blockAt(second, true)))) await Promise.race([once(socket, 'drain'), gone]);
  }
  socket.end('0\r\n\r\n');
}

const timeLength = '2023-11-14T22:13:20.000000000Z '.length;
const blocks = { plain: makeBlock(false), timed: makeBlock(true) };

/** Lines with numbers. */
function makeBlock(hasTimes: boolean): Buffer {
  let text = '';
  for (let line = 0; line < linesInBlock; line++) {
    const number = String(line).padStart(9, '0');
    text += `${hasTimes ? `2023-11-14T22:13:20.${number}Z ` : ''}${number} ${'x'.repeat(lineLength - 11)}\n`;
  }
  return Buffer.from(text, 'latin1');
}

/** The lines of a second; the same in all but for their times. */
function blockAt(second: number, hasTimes: boolean): Buffer {
  if (!hasTimes) return blocks.plain;
  const time = new Date(1_700_000_000_000 + second * 1000).toISOString().slice(0, 19);
  for (let at = 0; at < blocks.timed.length; at += timeLength + lineLength) blocks.timed.write(time, at, 'latin1');
  return blocks.timed;
}

function frame(block: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let from = 0; from < block.length; from += chunkBytes) {
    const chunk = block.subarray(from, from + chunkBytes);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
