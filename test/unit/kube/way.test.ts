import assert from 'node:assert/strict';
import { test } from 'node:test';

import { proxyFromEnv } from '../../../src/lib/kube/proxy-choice.ts';
import { startApi } from './support/api.ts';
import { makeAuthority } from './support/authority.ts';
import { startConnectProxy, startSocksProxy } from './support/proxies.ts';
import { clusterOf, connectWith, errorOf, makeFolder, oneContext, startSecureApi, write } from './support/scene.ts';

// A name that no resolver knows: whoever reaches it went through the proxy.
const far = 'https://api.example:6443';

test('HTTPS_PROXY carries requests and upgrades through a CONNECT tunnel', async (t) => {
  const api = await startSecureApi(t);
  const proxy = await startConnectProxy(t, { to: api.port });
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  const client = await connectWith(t, oneContext({ ...clusterOf(api), server: far }, { token: 'x' }), {}, env);
  await client.get('/version');
  (await client.upgrade('/exec', ['v4.channel.k8s.io'])).socket.destroy();
  assert.equal(await client.probe(5000), true);
  assert.deepEqual(proxy.asked, ['CONNECT api.example:6443', 'CONNECT api.example:6443']);
  assert.equal(api.seen[0]?.tlsName, 'api.example');
});

test('NO_PROXY keeps a server off the proxy, and the proxy-url of the cluster knows no exception', async (t) => {
  const api = await startSecureApi(t);
  const proxy = await startConnectProxy(t, { to: api.port });
  const url = `http://127.0.0.1:${proxy.port}`;
  const env = { HTTPS_PROXY: url, NO_PROXY: '*' };
  await (await connectWith(t, oneContext(clusterOf(api), { token: 'x' }), {}, env)).get('/version');
  assert.deepEqual(proxy.asked, []);
  await (
    await connectWith(t, oneContext({ ...clusterOf(api), 'proxy-url': url }, { token: 'x' }), {}, env)
  ).get('/version');
  assert.deepEqual(proxy.asked, [`CONNECT 127.0.0.1:${api.port}`]);
});

test('a proxy gets the user and password of its URL, and neither is ever shown', async (t) => {
  const api = await startSecureApi(t);
  const proxy = await startConnectProxy(t, { to: api.port, user: 'ann:p@ss' });
  const cluster = (user: string) => ({ ...clusterOf(api), 'proxy-url': `http://${user}127.0.0.1:${proxy.port}` });
  const client = await connectWith(t, oneContext(cluster('ann:p%40ss@'), { token: 'x' }));
  await client.get('/version');
  const wrong = await connectWith(t, oneContext(cluster('ann:not-this@'), { token: 'x' }));
  const error = await errorOf(wrong.get('/version'));
  assert.equal(error.code, 'KX_UNREACHABLE');
  assert.match(error.message, /^the proxy 127.0.0.1:\d+ refuses a tunnel to \S+: 407 Proxy Authentication Required$/);
  const shown = [...client.lines, ...wrong.lines, error.message, error.hint].join('\n');
  for (const secret of ['p@ss', 'p%40ss', 'not-this', btoa('ann:p@ss')]) assert.equal(shown.includes(secret), false);
});

test('an https proxy is spoken to over TLS, with TLS to the server inside', async (t) => {
  const api = await startSecureApi(t);
  const pair = await api.authority.issue({ name: 'proxy', ips: ['127.0.0.1'] });
  const proxy = await startConnectProxy(t, { to: api.port, tls: pair });
  const cluster = { ...clusterOf(api), server: far, 'proxy-url': `https://127.0.0.1:${proxy.port}` };
  const client = await connectWith(t, oneContext(cluster, { token: 'x' }));
  await client.get('/version');
  assert.deepEqual(proxy.asked, ['CONNECT api.example:6443']);
});

test('a socks5 proxy looks the name up itself, with and without a user', async (t) => {
  const api = await startSecureApi(t);
  for (const user of [undefined, 'ann:secret']) {
    const proxy = await startSocksProxy(t, { to: api.port, ...(user && { user }) });
    const url = `socks5://${user === undefined ? '' : `${user}@`}127.0.0.1:${proxy.port}`;
    const named = await connectWith(
      t,
      oneContext({ ...clusterOf(api), server: far, 'proxy-url': url }, { token: 'x' }),
    );
    await named.get('/version');
    const numbered = await connectWith(t, oneContext({ ...clusterOf(api), 'proxy-url': url }, { token: 'x' }));
    (await numbered.upgrade('/exec', ['v4.channel.k8s.io'])).socket.destroy();
    assert.deepEqual(proxy.asked, ['name api.example:6443', `address 127.0.0.1:${api.port}`]);
  }
});

test('a proxy that is gone is named as the proxy', async (t) => {
  const config = oneContext({ server: far, 'proxy-url': 'http://ann:secret@127.0.0.1:1' }, { token: 'x' });
  const error = await errorOf((await connectWith(t, config)).get('/version'));
  assert.equal(error.message, 'cannot reach the proxy 127.0.0.1:1: connection refused');
});

const choices: [server: string, noProxy: string, proxied: boolean][] = [
  ['https://api.example.org', '', true],
  ['https://api.example.org', 'example.org', false],
  ['https://example.org', 'example.org', false],
  ['https://api.example.org', '.example.org', false],
  ['https://example.org', '.example.org', true],
  ['https://api.example.org', '*.example.org', false],
  ['https://notexample.org', 'example.org', true],
  ['https://api.example.org:6443', 'other, example.org:6443', false],
  ['https://api.example.org:6443', 'example.org:443', true],
  ['https://API.example.org', 'EXAMPLE.org', false],
  ['https://10.1.2.3', '10.0.0.0/8', false],
  ['https://11.1.2.3', '10.0.0.0/8', true],
  ['https://10.1.2.3', '10.1.2.3', false],
  ['https://10.1.2.3:6443', '10.1.2.3:443', true],
  ['https://[fd00::1]:6443', 'fd00::/8', false],
  ['https://[fd00::1]:6443', '[fd00::1]:6443', false],
  ['https://10.1.2.3', 'bad/8, 10.0.0.0/99', true],
  ['https://api.example.org', '*', false],
  ['https://localhost:6443', '', false],
  ['https://127.0.0.2:6443', '', false],
  ['https://[::1]:6443', '', false],
];

for (const [server, noProxy, proxied] of choices) {
  test(`${server} with NO_PROXY="${noProxy}" ${proxied ? 'goes through' : 'keeps off'} the proxy`, () => {
    const chosen = proxyFromEnv(new URL(server), { https_proxy: 'proxy.example:3128', no_proxy: noProxy });
    assert.equal(chosen?.href, proxied ? 'http://proxy.example:3128/' : undefined);
  });
}

test('http servers look at HTTP_PROXY only, and a proxy that is no URL is not shown', () => {
  const env = { HTTP_PROXY: 'http://proxy:1', HTTPS_PROXY: 'ftp://ann:secret@proxy' };
  assert.equal(proxyFromEnv(new URL('http://api.example'), env)?.host, 'proxy:1');
  assert.throws(() => proxyFromEnv(new URL('https://api.example'), env), /^KxError: the HTTPS_PROXY is not an http/);
});

test('tls-server-name is asked for and verified instead of the host', async (t) => {
  const api = await startSecureApi(t);
  const named = await connectWith(
    t,
    oneContext({ ...clusterOf(api), 'tls-server-name': 'api.example' }, { token: 'x' }),
  );
  await named.get('/version');
  assert.equal(api.seen[0]?.tlsName, 'api.example');
  const wrong = await connectWith(
    t,
    oneContext({ ...clusterOf(api), 'tls-server-name': 'no.example' }, { token: 'x' }),
  );
  const error = await errorOf(wrong.get('/version'));
  assert.match(error.message, /the certificate of the server is for another name$/);
  assert.match(error.hint ?? '', /--tls-server-name/);
});

test('SSL_CERT_FILE gives the roots where the cluster has no authority', async (t) => {
  const api = await startSecureApi(t);
  const file = write(makeFolder(t), 'roots.pem', api.authority.cert);
  const config = oneContext({ server: api.url }, { token: 'x' });
  await (await connectWith(t, config, {}, { SSL_CERT_FILE: file })).get('/version');
  const error = await errorOf((await connectWith(t, config)).get('/version'));
  assert.equal(error.code, 'KX_UNREACHABLE');
  assert.match(error.message, /signed by an unknown authority$/);
});

test('a certificate of the server that has expired, or is of another authority, is told apart', async (t) => {
  const expired = await startSecureApi(t, { expired: true });
  const late = await errorOf((await connectWith(t, oneContext(clusterOf(expired), { token: 'x' }))).get('/version'));
  assert.match(late.message, /^cannot reach the server 127.0.0.1:\d+: the certificate of the server has expired$/);
  assert.deepEqual([late.code, late.ran, late.details['reason']], ['KX_UNREACHABLE', 'no', 'CERT_HAS_EXPIRED']);
  const api = await startSecureApi(t);
  const other = await makeAuthority('another authority');
  const cluster = { ...clusterOf(api), 'certificate-authority-data': btoa(other.cert) };
  const stranger = await errorOf(
    (await connectWith(t, oneContext(cluster, { token: 'x' }))).upgrade('/exec', ['v4.channel.k8s.io']),
  );
  assert.match(stranger.message, /signed by an unknown authority$/);
  const insecure = oneContext({ server: api.url, 'insecure-skip-tls-verify': true }, { token: 'x' });
  await (await connectWith(t, insecure)).get('/version');
});

test('a server that refuses, has no name, or does not speak TLS is one line with a hint', async (t) => {
  const plain = await startApi();
  const attempt = async (server: string) =>
    errorOf((await connectWith(t, oneContext({ server }, { token: 'x' }))).upgrade('/exec', ['v4.channel.k8s.io']));
  const refused = await attempt('https://127.0.0.1:1');
  assert.equal(refused.message, 'cannot reach the server 127.0.0.1:1: connection refused');
  assert.match(refused.hint ?? '', /nothing listens there/);
  // A label this long is no name: the resolver says so without asking anybody.
  const unknown = await attempt(`https://${'x'.repeat(64)}.invalid`);
  assert.match(
    unknown.message,
    /^cannot reach the server x{64}.invalid: (unknown host|the host name cannot be looked up)$/,
  );
  const spoken = await attempt(plain.url.replace('http:', 'https:'));
  assert.match(spoken.message, /: the server does not speak TLS$/);
  assert.match(spoken.hint ?? '', /begins with http:\/\//);
  for (const error of [refused, unknown, spoken]) assert.deepEqual([error.code, error.ran], ['KX_UNREACHABLE', 'no']);
});

test('http spoken to an https server says which address is right', async (t) => {
  const api = await startApi({
    upgrade: (_one, socket) =>
      socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'),
  });
  const error = await errorOf(
    (await connectWith(t, oneContext({ server: api.url }))).upgrade('/exec', ['v4.channel.k8s.io']),
  );
  assert.match(error.hint ?? '', /https:\/\//);
});

test('a dial that hangs ends with its signal', async (t) => {
  const silent = await startSocksProxy(t, { to: 1, user: 'never:asked' });
  const config = oneContext({ server: `https://127.0.0.1:${silent.port}` }, { token: 'x' });
  const client = await connectWith(t, config);
  const signal = AbortSignal.timeout(100);
  assert.equal((await errorOf(client.get('/version', { signal }))).code, 'KX_CANCELED');
});
