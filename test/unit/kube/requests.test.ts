import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { eventually } from '../../support/eventually.ts';
import { refuse, startApi, statusBody, switchProtocols } from './support/api.ts';
import { clusterOf, connectWith, errorOf, oneContext, startSecureApi } from './support/scene.ts';

const data = (pem: string) => Buffer.from(pem).toString('base64');

test('a client certificate is what the server sees, in a request and in an upgrade on the same connection', async (t) => {
  const api = await startSecureApi(t);
  const jane = await api.authority.issue({ name: 'jane' });
  const user = { 'client-certificate-data': data(jane.cert), 'client-key-data': data(jane.key) };
  const client = await connectWith(t, oneContext(clusterOf(api), user));
  assert.deepEqual(await client.get('/version'), { kind: 'Answer' });
  const upgraded = await client.upgrade('/exec', ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  assert.equal(upgraded.subprotocol, 'v5.channel.k8s.io');
  assert.deepEqual(
    api.seen.map((one) => one.client),
    ['jane', 'jane'],
  );
  assert.equal(api.seen[0]?.remotePort, api.seen[1]?.remotePort);
  await client.get('/version');
  assert.equal(api.seen[2]?.resumed, true);
  upgraded.socket.destroy();
});

test('an upgraded socket carries bytes both ways and gives what came behind the head', async (t) => {
  const api = await startSecureApi(t);
  const client = await connectWith(t, oneContext(clusterOf(api), { token: 'secret-token' }));
  const { socket, head } = await client.upgrade('/exec', ['v4.channel.k8s.io']);
  let received = head.toString();
  socket.write('hello');
  while (received !== 'earlyhello') received += String((await once(socket, 'data'))[0]);
  socket.end();
  await once(socket, 'close');
});

test('a 101 with no subprotocol is given as it is', async (t) => {
  const api = await startApi({ upgrade: (_one, socket, accept) => socket.write(switchProtocols(accept, undefined)) });
  const client = await connectWith(t, oneContext({ server: api.url }));
  const { socket, subprotocol } = await client.upgrade('/exec', ['v5.channel.k8s.io']);
  assert.equal(subprotocol, undefined);
  socket.destroy();
});

test('a 101 that does not prove the WebSocket is a fault of the protocol, and something may have run', async (t) => {
  const api = await startApi({ upgrade: (_one, socket) => socket.write(switchProtocols('wrong', undefined)) });
  const client = await connectWith(t, oneContext({ server: api.url }));
  const error = await errorOf(client.upgrade('/exec', ['v5.channel.k8s.io']));
  assert.equal(error.code, 'KX_PROTOCOL');
  assert.equal(error.ran, 'maybe');
});

test('a request goes over no connection on which an upgrade was refused, as the server may close it', async (t) => {
  const refusal = statusBody(403, 'Forbidden', 'no');
  const head = `HTTP/1.1 403 Forbidden\r\nContent-Length: ${refusal.length}\r\n\r\n`;
  const api = await startApi({ upgrade: (_one, socket) => socket.write(head + refusal) });
  const client = await connectWith(t, oneContext({ server: api.url }));
  await client.get('/apis/x');
  assert.equal((await errorOf(client.upgrade('/exec', ['v4.channel.k8s.io']))).code, 'KX_FORBIDDEN');
  await client.delete('/apis/x', {});
  const [before, refused, after] = api.seen.map(({ remotePort }) => remotePort);
  assert.equal(refused, before);
  assert.notEqual(after, refused);
});

test('a POST sends JSON, and the path prefix of the server stays in front of every path', async (t) => {
  const api = await startApi();
  const client = await connectWith(t, oneContext({ server: `${api.url}/k8s/clusters/c-1/` }));
  assert.equal(client.server, `${api.url}/k8s/clusters/c-1`);
  await client.post('/apis/x', { a: 1 }, { query: new URLSearchParams({ dryRun: 'All' }) });
  (await client.upgrade('/exec', ['v4.channel.k8s.io'])).socket.destroy();
  await client.probe(5000);
  assert.deepEqual(
    api.seen.map(({ method, url }) => `${method} ${url}`),
    ['POST /k8s/clusters/c-1/apis/x?dryRun=All', 'GET /k8s/clusters/c-1/exec', 'GET /k8s/clusters/c-1/livez'],
  );
  assert.equal(api.seen[0]?.body, '{"a":1}');
  assert.deepEqual(api.seen[0].headers['content-type'], ['application/json']);
});

test('a stream gives bytes as they come, and its signal ends it', async (t) => {
  const api = await startApi({ answer: (_one, response) => void response.writeHead(200).write('one\n') });
  const client = await connectWith(t, oneContext({ server: api.url }));
  const controller = new AbortController();
  const stream = await client.stream('/log', { signal: controller.signal });
  const error = await errorOf(
    (async () => {
      for await (const chunk of stream) {
        assert.equal(String(chunk), 'one\n');
        controller.abort();
      }
    })(),
  );
  assert.equal(error.code, 'KX_CANCELED');
});

test('a request that is put off is sent again after the time that the server gives', async (t) => {
  let count = 0;
  const api = await startApi({
    answer: (_one, response) => {
      if (++count > 2) return void response.end('{"kind":"Late"}');
      response.setHeader('Retry-After', '0');
      refuse(response, 429, 'TooManyRequests', 'busy');
    },
  });
  const client = await connectWith(t, oneContext({ server: api.url }));
  assert.deepEqual(await client.get('/version'), { kind: 'Late' });
  count = 0;
  assert.equal((await errorOf(client.post('/version', {}))).details['status'], '429');
});

test('a server that closed an idle connection costs a request nothing', async (t) => {
  const api = await startApi({
    answer: (one, response) => {
      const { socket } = response;
      response.end('{}', () => {
        if (one.url === '/first') socket?.destroy();
      });
    },
  });
  const client = await connectWith(t, oneContext({ server: api.url }));
  await client.get('/first');
  await client.get('/second');
  assert.equal(api.seen.length, 2);
});

test('an aborted request is canceled, and no answer within the request timeout is an unreachable server', async (t) => {
  const api = await startApi({ answer: () => {}, upgrade: () => {} });
  const client = await connectWith(t, oneContext({ server: api.url }), { requestTimeout: 50 });
  const late = await errorOf(client.get('/never'));
  assert.equal(late.code, 'KX_UNREACHABLE');
  assert.match(late.message, /did not answer within 0.05 s/);
  const patient = await connectWith(t, oneContext({ server: api.url }));
  const controller = new AbortController();
  const seen = api.seen.length;
  const canceled = errorOf(patient.upgrade('/never', ['v4.channel.k8s.io'], { signal: controller.signal }));
  await eventually('the upgrade has arrived', () => api.seen.length > seen);
  controller.abort();
  assert.deepEqual([(await canceled).code, (await canceled).ran], ['KX_CANCELED', 'maybe']);
  const early = await errorOf(patient.get('/never', { signal: AbortSignal.abort() }));
  assert.deepEqual([early.code, early.ran], ['KX_CANCELED', 'no']);
});

test('a probe tells a server that answers from one that is gone', async (t) => {
  const api = await startSecureApi(t);
  const client = await connectWith(t, oneContext(clusterOf(api), { token: 'x' }));
  assert.equal(await client.probe(5000), true);
  api.close();
  assert.equal(await client.probe(5000), false);
});
