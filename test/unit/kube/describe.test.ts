import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { describeConnection, type ConnectionFlags } from '../../../src/lib/kube/index.ts';
import { makeAuthority } from './support/authority.ts';
import { makeFolder, oneContext, write } from './support/scene.ts';

const server = 'https://api.example:6443/prefix/';

async function describe(
  t: TestContext,
  cluster: object,
  user: object,
  flags: ConnectionFlags = {},
  env: NodeJS.ProcessEnv = {},
) {
  const kubeconfig = write(makeFolder(t), 'config', oneContext({ server, ...cluster }, user));
  return describeConnection({ kubeconfig, ...flags }, env);
}

test('a client certificate is described with the time it ends', async (t) => {
  const authority = await makeAuthority();
  for (const expired of [true, false]) {
    const { cert, key } = await authority.issue({ name: 'jane', expired });
    const data = (text: string) => Buffer.from(text).toString('base64');
    const user = { 'client-certificate-data': data(cert), 'client-key-data': data(key) };
    const { credentials, expires, server: url } = await describe(t, {}, user);
    assert.deepEqual([credentials, url], ['a client certificate', 'https://api.example:6443/prefix']);
    assert.equal((expires?.getTime() ?? 0) < Date.now(), expired);
  }
});

test('a token is described with the time it ends, where it says so', async (t) => {
  const token = `e30.${Buffer.from('{"exp":1600000000}').toString('base64url')}.x`;
  assert.equal((await describe(t, {}, { token })).expires?.toISOString(), '2020-09-13T12:26:40.000Z');
  assert.deepEqual((await describe(t, {}, { token: 'opaque' })).expires, undefined);
  const flagged = await describe(t, {}, { exec: { command: 'login' } }, { token: 'opaque' });
  assert.equal(flagged.credentials, 'a token');
});

test('a plugin is named and not run, and nothing of a credential is shown', async (t) => {
  const user = { exec: { command: 'sh', args: ['-c', 'exit 1'] } };
  assert.equal((await describe(t, {}, user)).credentials, 'the credential plugin sh');
  const secret = await describe(
    t,
    { 'proxy-url': 'http://ann:hidden@proxy.example:3128' },
    { username: 'ann', password: 'hidden' },
  );
  assert.equal(JSON.stringify(secret).includes('hidden'), false);
  assert.deepEqual(secret.proxy, { url: 'http://proxy.example:3128', from: 'proxy-url' });
});

test('the proxy of the environment is told from that of the cluster', async (t) => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128' };
  assert.deepEqual((await describe(t, {}, {}, {}, env)).proxy, {
    url: 'http://proxy.example:3128',
    from: 'environment',
  });
  assert.equal((await describe(t, {}, {}, {}, { ...env, NO_PROXY: 'api.example' })).proxy, undefined);
});
