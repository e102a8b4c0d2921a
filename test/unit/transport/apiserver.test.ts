import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { suite, test, type TestContext } from 'node:test';
import { connect } from '../../../src/lib/kube/index.ts';
import { collect } from '../../../src/lib/process/index.ts';
import { serveProcess, spdyServerLink } from '../../../src/lib/remotecommand/index.ts';
import { apiserverTransport, type Transport } from '../../../src/lib/transport/index.ts';
import { startProcess } from '../remotecommand/support/processes.ts';

type Answer = (socket: Duplex, head: Buffer, stdin: boolean) => void;

const answer = (status: string, body: object | string): Answer => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (socket) =>
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
};
const forbidden = (verb: string): Answer =>
  answer('403 Forbidden', {
    kind: 'Status',
    message: `pods "one" is forbidden: User "jane" cannot ${verb} resource "pods/exec" in API group "" in the namespace "shop"`,
  });
const noUpgrade = answer('400 Bad Request', { kind: 'Status', message: 'Upgrade request required' });
const notFound = answer('404 Not Found', { kind: 'Status', reason: 'NotFound', message: 'pods "one" not found' });
const notRunning = answer('500 Internal Server Error', {
  kind: 'Status',
  message: 'unable to upgrade connection: container not found ("main")',
});
const hangsUp: Answer = (socket) => socket.destroy();

/** Runs `cat`, as a kubelet would. */
const spdy: Answer = (socket, head, stdin) => {
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n',
  );
  const streams = { stdin, stdout: true, stderr: true, tty: false };
  const link = spdyServerLink({ socket, head, streams, liveness: { probe: () => Promise.resolve(true) } });
  void serveProcess(link, startProcess('sh', '-c', stdin ? 'cat' : 'echo ran'));
};

/** A transport to a server that answers like this, and the protocols that it was asked for. */
async function reach(
  t: TestContext,
  answers: { websocket: Answer; spdy: Answer },
): Promise<{ transport: Transport; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    const isSpdy = request.headers.upgrade === 'SPDY/3.1';
    asked.push(isSpdy ? `${request.method} SPDY` : `${request.method} WebSocket`);
    answers[isSpdy ? 'spdy' : 'websocket'](socket, head, request.url?.includes('stdin=true') === true);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api = await connect({ server: url, kubeconfig: '/dev/null' }, { env: {}, log: () => {} });
  return { transport: apiserverTransport(api), asked };
}

const target = { namespace: 'shop', pod: 'one' };
const withInput = { command: ['cat'], stdin: true, tty: null };
const withoutInput = { command: ['echo', 'ran'], stdin: false, tty: null };

async function cat(transport: Transport): Promise<string> {
  const remote = await transport.exec(target, withInput);
  remote.stdin?.end('through');
  return (await collect(remote)).stdout.toString();
}

suite('the ways to the apiserver', { timeout: 60_000 }, () => {
  test('a piped stdin goes over SPDY, and its end is told', async (t) => {
    const { transport, asked } = await reach(t, { websocket: noUpgrade, spdy });
    assert.equal(await cat(transport), 'through');
    assert.deepEqual(asked, ['POST SPDY']);
  });

  for (const [what, refusal] of [
    ['who may not get pods/exec', forbidden('get')],
    ['where WebSockets are not passed on', noUpgrade],
    ['where upgrades to WebSocket are taken away', answer('200 OK', '<html></html>')],
  ] as const) {
    test(`a command without input goes over SPDY ${what}`, async (t) => {
      const { transport, asked } = await reach(t, { websocket: refusal, spdy });
      const { stdout } = await collect(await transport.exec(target, withoutInput));
      assert.equal(stdout.toString(), 'ran\n');
      assert.deepEqual(asked, ['GET WebSocket', 'POST SPDY']);
    });
  }

  for (const [what, refusal] of [
    ['refused', noUpgrade],
    ['cut before it was answered', hangsUp],
    ['forbidden', forbidden('create')],
  ] as const) {
    test(`SPDY that was ${what} is tried as WebSocket, whose refusal is the one that is said`, async (t) => {
      const { transport, asked } = await reach(t, { websocket: forbidden('get'), spdy: refusal });
      const denied = { code: 'KX_FORBIDDEN', message: /cannot get resource/ };
      await assert.rejects(transport.exec(target, withInput), denied);
      assert.deepEqual(asked, ['POST SPDY', 'GET WebSocket']);
      await assert.rejects(transport.exec(target, withoutInput), denied);
      assert.deepEqual(asked.slice(2), ['GET WebSocket', 'POST SPDY']);
    });
  }

  for (const [what, refusal] of [
    ['a pod that is not there', notFound],
    ['a container that does not run', notRunning],
  ] as const) {
    test(`${what} is no matter of the way, and said at once`, async (t) => {
      const { transport, asked } = await reach(t, { websocket: refusal, spdy: refusal });
      for (const request of [withInput, withoutInput]) {
        await assert.rejects(transport.exec(target, request), { message: /not found/ });
      }
      assert.deepEqual(asked, ['POST SPDY', 'GET WebSocket']);
    });
  }

  test('a WebSocket that is cut before it was answered may have run the command, and is not tried as SPDY', async (t) => {
    const { transport, asked } = await reach(t, { websocket: hangsUp, spdy });
    await assert.rejects(transport.exec(target, withoutInput), { code: 'KX_CONNECTION_LOST', ran: 'maybe' });
    assert.deepEqual(asked, ['GET WebSocket']);
  });
});
