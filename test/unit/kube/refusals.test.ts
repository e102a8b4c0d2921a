import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refuse, refuseUpgrade, startApi, statusBody } from './support/api.ts';
import { clusterOf, connectWith, errorOf, oneContext, startSecureApi } from './support/scene.ts';

interface Case {
  readonly name: string;
  readonly head: string;
  readonly body: string;
  readonly code: string;
  readonly says: RegExp;
  readonly hint?: RegExp;
  readonly reason?: string;
  readonly path?: string;
}

const execDenied =
  'pods "web" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "demo"';

const refusals: Case[] = [
  {
    name: '403 names the verb and the resource, and the rule for WebSockets',
    head: '403 Forbidden',
    body: statusBody(403, 'Forbidden', execDenied),
    code: 'KX_FORBIDDEN',
    says: /^pods "web" is forbidden: User "jane" cannot create/,
    hint: /a Role in namespace "demo" must allow the verb "create" on "pods\/exec" to user "jane"; over WebSocket pods\/exec needs "get" and, since Kubernetes 1.35, "create" too/,
    reason: 'Forbidden',
  },
  {
    name: '403 without a reason is the check for create, which names none',
    head: '403 Forbidden',
    body: statusBody(403, 'Forbidden', 'pods "web" is forbidden: '),
    path: '/api/v1/namespaces/demo/pods/web/exec',
    code: 'KX_FORBIDDEN',
    says: /^pods "web" is forbidden$/,
    hint: /^since Kubernetes 1.35 a Role in namespace "demo" must allow the verb "create" on "pods\/exec", besides "get"$/,
    reason: 'Forbidden',
  },
  {
    name: '403 of an impersonation names what it needs',
    head: '403 Forbidden',
    body: statusBody(
      403,
      'Forbidden',
      'pods "web" is forbidden: User "jane" cannot impersonate-on:user-info:get resource "pods/exec" in API group "" in the namespace "demo"',
    ),
    code: 'KX_FORBIDDEN',
    says: /cannot impersonate/,
    hint: /^a ClusterRole must allow the verb "impersonate" on users, .* to user "jane"$/,
    reason: 'Forbidden',
  },
  {
    name: '403 of a policy keeps its words and invents no rule',
    head: '403 Forbidden',
    body: statusBody(403, 'Forbidden', 'admission webhook "x" denied the request: no exec on Fridays'),
    code: 'KX_FORBIDDEN',
    says: /no exec on Fridays$/,
    reason: 'Forbidden',
  },
  {
    name: '404 is a target that is not there',
    head: '404 Not Found',
    body: statusBody(404, 'NotFound', 'pods "web" not found'),
    code: 'KX_TARGET_NOT_FOUND',
    says: /^pods "web" not found$/,
    reason: 'NotFound',
  },
  {
    name: '400 shows the words of the server',
    head: '400 Bad Request',
    body: statusBody(400, 'BadRequest', 'container x is not valid for pod web'),
    code: 'KX_REMOTE',
    says: /^container x is not valid for pod web$/,
    reason: 'BadRequest',
  },
  {
    name: '500 with plain text is a failure of the other side',
    head: '500 Internal Server Error',
    body: 'error dialing backend: dial tcp 10.0.0.1:10250:\n connect: connection refused\n',
    code: 'KX_REMOTE',
    says: /^error dialing backend: dial tcp 10.0.0.1:10250: connect: connection refused$/,
  },
  {
    name: '503 is a server that cannot be reached',
    head: '503 Service Unavailable',
    body: statusBody(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'),
    code: 'KX_UNREACHABLE',
    says: /currently unable/,
    hint: /try again later/,
    reason: 'ServiceUnavailable',
  },
  {
    name: '200 is a proxy that takes the upgrade away',
    head: '200 OK\r\nServer: nginx',
    body: '<html>welcome</html>',
    code: 'KX_TRANSPORT_UNAVAILABLE',
    says: /^GET http:\/\/127.0.0.1:\d+\/exec was answered with 200 OK$/,
    hint: /it calls itself "nginx"/,
  },
  {
    name: '302 says where it leads',
    head: '302 Found\r\nLocation: https://login.example/?state=secret',
    body: '',
    code: 'KX_TRANSPORT_UNAVAILABLE',
    says: /was answered with 302 Found \(redirect to https:\/\/login.example\/\)$/,
    hint: /may want a login/,
  },
];

for (const { name, head, body, code, says, hint, reason, path = '/exec' } of refusals) {
  test(`a refused upgrade shows what the server says: ${name}`, async (t) => {
    const api = await startApi({ upgrade: (_one, socket) => refuseUpgrade(socket, head, body) });
    const client = await connectWith(t, oneContext({ server: api.url }));
    const query = new URLSearchParams({ command: 'id' });
    const error = await errorOf(client.upgrade(path, ['v5.channel.k8s.io'], { query }));
    assert.equal(error.code, code);
    assert.equal(error.ran, 'no');
    assert.match(error.message, says);
    const status = head.slice(0, 3);
    assert.deepEqual(error.details, { status, ...(reason && { reason }), upgradeRefused: 'true' });
    if (hint === undefined) assert.equal(error.hint, undefined);
    else assert.match(error.hint ?? '', hint);
  });
}

test('a body in chunks is read whole, and the connection stays good for the next request', async (t) => {
  const api = await startApi({
    upgrade: (_one, socket) => {
      const body = statusBody(403, 'Forbidden', execDenied);
      const half = Math.floor(body.length / 2);
      socket.write('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (const part of [body.slice(0, half), body.slice(half)])
        socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
      socket.end('0\r\n\r\n');
    },
  });
  const client = await connectWith(t, oneContext({ server: api.url }));
  const error = await errorOf(client.upgrade('/exec', ['v5.channel.k8s.io']));
  assert.match(error.message, /cannot create resource "pods\/exec"/);
  await client.get('/version');
});

test('an upgrade that is cut before its answer may have run', async (t) => {
  const api = await startApi({ upgrade: (_one, socket) => socket.destroy() });
  const error = await errorOf(
    (await connectWith(t, oneContext({ server: api.url }))).upgrade('/exec', ['v5.channel.k8s.io']),
  );
  assert.equal(error.code, 'KX_CONNECTION_LOST');
  assert.equal(error.ran, 'maybe');
});

test('a 403 of a plain request names a cluster role, a group and a user nobody knows', async (t) => {
  let message = '';
  const api = await startApi({ answer: (_one, response) => refuse(response, 403, 'Forbidden', message) });
  const client = await connectWith(t, oneContext({ server: api.url }));
  const hintFor = async (words: string) => {
    message = words;
    return (await errorOf(client.get('/x'))).hint;
  };
  assert.equal(
    await hintFor(
      'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
    ),
    'a ClusterRole must allow the verb "list" on "deployments" in API group "apps" to user "jane"',
  );
  assert.equal(
    await hintFor('forbidden: User "jane" cannot get path "/metrics"'),
    'a ClusterRole must allow the verb "get" on path "/metrics" to user "jane"',
  );
  const anonymous = await hintFor(
    'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "demo"',
  );
  assert.match(anonymous ?? '', /check the credentials of this context/);
});

test('an answer that is not JSON is not taken for one', async (t) => {
  const api = await startApi({ answer: (_one, response) => void response.end('<html>') });
  const error = await errorOf((await connectWith(t, oneContext({ server: api.url }))).get('/version'));
  assert.equal(error.code, 'KX_PROTOCOL');
});

test('logs tell method, URL, status, headers and bodies, and no credential at any level', async (t) => {
  const api = await startSecureApi(t, {
    answer: (one, response) => {
      if (one.url.includes('/token')) response.end('{"status":{"token":"made-token"}}');
      else response.end(JSON.stringify({ padding: 'x'.repeat(2000) }));
    },
  });
  const jane = await api.authority.issue({ name: 'jane' });
  const user = { token: 'very-secret', 'client-certificate-data': btoa(jane.cert), 'client-key-data': btoa(jane.key) };
  const client = await connectWith(t, oneContext(clusterOf(api), user), { as: 'ann' });
  await client.get('/version');
  await client.post('/api/v1/namespaces/demo/serviceaccounts/x/token', { spec: {} });
  const { lines } = client;
  assert.match(
    lines.find((line) => line.startsWith('6 ')) ?? '',
    /^6 GET https:\/\/127.0.0.1:\d+\/version 200 OK in \d+ ms$/,
  );
  assert.ok(lines.includes('7     Authorization: Bearer <masked>'));
  assert.ok(lines.includes('7     Impersonate-User: ann'));
  assert.ok(lines.some((line) => line.startsWith('8 Response body: {"padding":"xxx') && line.length < 1100));
  assert.ok(lines.includes('8 Response body: <masked>'));
  const basic = await connectWith(t, oneContext(clusterOf(api), { username: 'ann', password: 'very-secret' }));
  await basic.get('/version');
  assert.ok(basic.lines.includes('7     Authorization: Basic <masked>'));
  const all = [...lines, ...basic.lines].join('\n');
  for (const secret of ['very-secret', 'made-token', btoa('ann:very-secret'), 'PRIVATE KEY']) {
    assert.equal(all.includes(secret), false, secret);
  }
});
