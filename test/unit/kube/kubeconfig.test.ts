import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

import { connect, type ConnectionFlags } from '../../../src/lib/kube/index.ts';
import { startApi } from './support/api.ts';
import { makeAuthority } from './support/authority.ts';
import { clusterOf, connectWith, errorOf, makeFolder, oneContext, startSecureApi, write } from './support/scene.ts';

const open = (flags: ConnectionFlags, env: NodeJS.ProcessEnv = {}) => connect(flags, { env, log: () => {} });

test('files of KUBECONFIG are merged: the first with a name or a current context wins, and missing ones are passed over', async (t) => {
  const folder = makeFolder(t);
  const first = write(folder, 'first', {
    clusters: [{ name: 'shared', cluster: { server: 'http://first:1' } }],
    contexts: [{ name: 'one', context: { cluster: 'shared', namespace: 'n1' } }],
  });
  const second = write(folder, 'second', {
    clusters: [
      { name: 'shared', cluster: { server: 'http://second:1' } },
      { name: 'own', cluster: { server: 'http://own:1' } },
    ],
    contexts: [
      { name: 'one', context: { cluster: 'own', namespace: 'n2' } },
      { name: 'two', context: { cluster: 'own' } },
    ],
    'current-context': 'two',
  });
  const third = write(folder, 'third', { 'current-context': 'one' });
  const env = { KUBECONFIG: ['', first, join(folder, 'none'), second, third].join(delimiter) };
  const current = await open({}, env);
  assert.deepEqual([current.context, current.server, current.namespace], ['two', 'http://own:1', 'default']);
  const one = await open({ context: 'one' }, env);
  assert.deepEqual([one.server, one.namespace], ['http://first:1', 'n1']);
});

test('without KUBECONFIG it is ~/.kube/config, and --kubeconfig comes before both', async (t) => {
  const home = makeFolder(t);
  mkdirSync(join(home, '.kube'));
  write(join(home, '.kube'), 'config', oneContext({ server: 'http://home:1' }));
  const other = write(home, 'other', oneContext({ server: 'http://other:1' }));
  const named = write(home, 'named', oneContext({ server: 'http://named:1' }));
  const env = { HOME: home, USERPROFILE: home };
  assert.equal((await open({}, env)).server, 'http://home:1');
  assert.equal((await open({}, { ...env, KUBECONFIG: other })).server, 'http://other:1');
  assert.equal((await open({ kubeconfig: named }, { ...env, KUBECONFIG: other })).server, 'http://named:1');
});

test('paths in a kubeconfig are relative to the file that has them', async (t) => {
  const api = await startSecureApi(t);
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'pki'));
  const jane = await api.authority.issue({ name: 'jane' });
  write(join(folder, 'pki'), 'ca.pem', api.authority.cert);
  write(join(folder, 'pki'), 'jane.pem', jane.cert);
  write(join(folder, 'pki'), 'jane.key', jane.key);
  const cluster = { server: api.url, 'certificate-authority': 'pki/ca.pem' };
  const user = { 'client-certificate': 'pki/jane.pem', 'client-key': 'pki/jane.key' };
  const client = await open({ kubeconfig: write(folder, 'config', oneContext(cluster, user)) });
  await client.get('/version');
  assert.equal(api.seen[0]?.client, 'jane');
});

test('flags choose other entries and replace what the entries say', async (t) => {
  const api = await startSecureApi(t);
  const folder = makeFolder(t);
  const ann = await api.authority.issue({ name: 'ann' });
  const other = await makeAuthority('another authority');
  const config = {
    clusters: [
      { name: 'wrong', cluster: { server: 'https://127.0.0.1:1' } },
      { name: 'right', cluster: { ...clusterOf(api), 'certificate-authority-data': btoa(other.cert) } },
    ],
    users: [
      { name: 'wrong', user: { token: 'wrong' } },
      { name: 'right', user: { token: 'right' } },
    ],
    contexts: [{ name: 'x', context: { cluster: 'wrong', user: 'wrong', namespace: 'of-context' } }],
    'current-context': 'x',
  };
  const client = await connectWith(t, config, {
    cluster: 'right',
    user: 'right',
    namespace: 'of-flag',
    certificateAuthority: write(folder, 'ca.pem', api.authority.cert),
    clientCertificate: write(folder, 'ann.pem', ann.cert),
    clientKey: write(folder, 'ann.key', ann.key),
    tlsServerName: 'api.example',
  });
  assert.equal(client.namespace, 'of-flag');
  await client.get('/version');
  const [seen] = api.seen;
  assert.deepEqual(seen?.headers['authorization'], ['Bearer right']);
  assert.deepEqual([seen.client, seen.tlsName], ['ann', 'api.example']);

  const insecure = await connectWith(t, config, { server: api.url, token: 'of-flag', insecureSkipTlsVerify: true });
  await insecure.get('/version');
  assert.deepEqual(api.seen[1]?.headers['authorization'], ['Bearer of-flag']);
  assert.equal(insecure.context, undefined);
});

test('--server drops the tls-server-name of the kubeconfig, as kubectl does', async (t) => {
  const api = await startSecureApi(t);
  const config = oneContext({ ...clusterOf(api), server: 'https://127.0.0.1:1', 'tls-server-name': 'wrong.example' });
  await (await connectWith(t, config, { server: api.url, token: 'x' })).get('/version');
  assert.equal(api.seen.length, 1);
});

test('impersonation comes from the flags, else from the kubeconfig', async (t) => {
  const api = await startApi();
  const user = {
    as: 'ann',
    'as-uid': '7',
    'as-groups': ['a', 'b'],
    'as-user-extra': { 'example.org/reason': ['x', 'y'] },
  };
  const config = oneContext({ server: api.url }, user);
  await (await connectWith(t, config)).get('/version');
  await (
    await connectWith(t, config, { as: 'bob', asGroup: ['c', 'd'], asUid: '8' })
  ).upgrade('/exec', ['v4.channel.k8s.io']);
  const headers = [
    'impersonate-user',
    'impersonate-uid',
    'impersonate-group',
    'impersonate-extra-example.org%2freason',
  ];
  const expected = [
    [['ann'], ['7'], ['a', 'b'], ['x', 'y']],
    [['bob'], ['8'], ['c', 'd'], ['x', 'y']],
  ];
  assert.deepEqual(
    api.seen.map((one) => headers.map((name) => one.headers[name])),
    expected,
  );
  const nobody = await errorOf(connectWith(t, oneContext({ server: api.url }), { asGroup: ['c'] }));
  assert.match(nobody.message, /without a user/);
});

const broken: { name: string; config: unknown; flags?: ConnectionFlags; says: RegExp }[] = [
  { name: 'bad YAML', config: 'clusters: [\n  {name: a', says: /^kubeconfig \S+config:\d+:\d+ is not valid YAML: / },
  { name: 'a list instead of a mapping', config: '- a', says: /config is not a mapping/ },
  {
    name: 'a current context that does not exist',
    config: { 'current-context': 'gone' },
    says: /^there is no context "gone" \(current-context\) in \S+config$/,
  },
  {
    name: 'a context of a flag that does not exist',
    config: oneContext({ server: 'http://a' }),
    flags: { context: 'gone' },
    says: /^there is no context "gone" in \S+config$/,
  },
  {
    name: 'a cluster that does not exist',
    config: oneContext({ server: 'http://a' }, {}, { cluster: 'gone' }),
    says: /^there is no cluster "gone" \(of context "x"\) in \S+config$/,
  },
  {
    name: 'a user that does not exist',
    config: oneContext({ server: 'http://a' }, {}, { user: 'gone' }),
    says: /^there is no user "gone" \(of context "x"\) in \S+config$/,
  },
  { name: 'an empty server', config: oneContext({ server: '' }), says: /^cluster "c" in \S+config has no server$/ },
  {
    name: 'a server that is no URL',
    config: oneContext({ server: 'ftp://a' }),
    says: /cluster "c" in \S+config is not an http/,
  },
  { name: 'no current context', config: { clusters: [] }, says: /config has no current-context$/ },
  {
    name: 'a missing certificate file',
    config: oneContext({ server: 'https://a', 'certificate-authority': 'none.pem' }),
    says: /^cannot read the certificate authority \S+none.pem: ENOENT$/,
  },
  {
    name: 'a certificate without a key',
    config: oneContext({ server: 'https://a' }, { 'client-certificate-data': 'eA==' }),
    says: /^user "u" has a client certificate and no client key$/,
  },
  {
    name: 'an authority that is not to be used',
    config: oneContext({ server: 'https://a', 'certificate-authority-data': 'eA==', 'insecure-skip-tls-verify': true }),
    says: /cluster "c" in \S+config has a certificate authority and skips verification/,
  },
  {
    name: 'two users of one name',
    config: { users: [{ name: 'u' }, { name: 'u' }] },
    says: /config has two users named "u"$/,
  },
];

for (const { name, config, flags, says } of broken) {
  test(`an invalid kubeconfig is one line that names it: ${name}`, async (t) => {
    const file = write(makeFolder(t), 'config', config);
    const error = await errorOf(open({ kubeconfig: file, ...flags }));
    assert.equal(error.code, 'KX_CONFIG');
    assert.match(error.message, says);
    assert.equal(error.message.includes('\n'), false);
  });
}

test('a kubeconfig that is named and missing is an error, and none at all is another', async (t) => {
  const folder = makeFolder(t);
  const missing = await errorOf(open({ kubeconfig: join(folder, 'none') }));
  assert.match(missing.message, /^cannot read kubeconfig \S+none: no such file$/);
  const nothing = await errorOf(open({}, { HOME: folder, USERPROFILE: folder }));
  assert.match(nothing.message, /^there is no kubeconfig/);
  assert.equal(nothing.code, 'KX_CONFIG');
});

test('a token that YAML takes for a number or a word stays what was written', async (t) => {
  const api = await startSecureApi(t);
  const text = `{clusters: [{name: 1, cluster: ${JSON.stringify(clusterOf(api))}}], users: [{name: on, user: {token: 12345}}],
    contexts: [{name: 7, context: {cluster: 1, user: on}}], current-context: 7}`;
  const client = await open({ kubeconfig: write(makeFolder(t), 'config', text) });
  await client.get('/version');
  assert.deepEqual(api.seen[0]?.headers['authorization'], ['Bearer 12345']);
});
