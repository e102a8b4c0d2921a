import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { connectTo } from '../../../src/lib/kube/connect.ts';
import { inClusterConnection } from '../../../src/lib/kube/in-cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { refuse, startApi, type Seen } from './support/api.ts';
import { makeAuthority } from './support/authority.ts';
import { clusterOf, connectWith, errorOf, makeFolder, oneContext, startSecureApi, write } from './support/scene.ts';

const authorizations = (seen: readonly Seen[]) => seen.map((one) => one.headers['authorization']?.[0]);

test('a token file is read again for every request', async (t) => {
  const api = await startSecureApi(t);
  const file = write(makeFolder(t), 'token', 'first\n');
  const client = await connectWith(t, oneContext(clusterOf(api), { tokenFile: file, token: 'stale' }));
  await client.get('/version');
  writeFileSync(file, 'second\n');
  await client.get('/version');
  assert.deepEqual(authorizations(api.seen), ['Bearer first', 'Bearer second']);
});

test('a username and password are sent as basic authentication', async (t) => {
  const api = await startSecureApi(t);
  await (await connectWith(t, oneContext(clusterOf(api), { username: 'ann', password: 'p:w' }))).get('/version');
  assert.deepEqual(authorizations(api.seen), [`Basic ${btoa('ann:p:w')}`]);
});

test('a plain http server gets no credentials, as with kubectl', async (t) => {
  const api = await startApi();
  await (await connectWith(t, oneContext({ server: api.url }, { token: 'secret' }))).get('/version');
  assert.deepEqual(authorizations(api.seen), [undefined]);
});

test('in a pod the service account is used, and its token is read again', async (t) => {
  const api = await startSecureApi(t);
  const folder = makeFolder(t);
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(api.port) };
  assert.equal(inClusterConnection({}, env, folder), undefined);
  const token = write(folder, 'token', 'first');
  write(folder, 'ca.crt', api.authority.cert);
  write(folder, 'namespace', 'demo');
  const connection = inClusterConnection({}, env, folder);
  assert.ok(connection);
  const client = await connectTo(connection, {}, { env, log: () => {} });
  assert.deepEqual([client.context, client.namespace], [undefined, 'demo']);
  await client.get('/version');
  writeFileSync(token, 'second');
  await client.get('/version');
  assert.deepEqual(authorizations(api.seen), ['Bearer first', 'Bearer second']);
});

/** A plugin that writes down what it was told, counts its calls, and prints `answer` with the count in place of N. */
function writePlugin(
  t: TestContext,
  answer: object,
): { folder: string; calls: () => number; exec: Record<string, unknown> } {
  const folder = makeFolder(t);
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: answer };
  write(folder, 'answer', credential);
  write(
    folder,
    'plugin',
    `#!/bin/sh
echo x >> "$FOLDER/calls"
printf '%s' "$KUBERNETES_EXEC_INFO" > "$FOLDER/info"
printf '%s' "$*" > "$FOLDER/args"
cat > "$FOLDER/stdin"
sed "s/NUMBER/$(wc -l < "$FOLDER/calls" | tr -d ' ')/" "$FOLDER/answer"
`,
    0o700,
  );
  return {
    folder,
    calls: () => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').length / 2 : 0),
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: join(folder, 'plugin'),
      args: ['get-token', 'for me'],
      env: [{ name: 'FOLDER', value: folder }],
      interactiveMode: 'Never',
    },
  };
}

test('a credential plugin runs once for many requests, and knows what it is asked for', async (t) => {
  const api = await startSecureApi(t);
  const plugin = writePlugin(t, { token: 'token-NUMBER' });
  const cluster = {
    ...clusterOf(api),
    'tls-server-name': 'api.example',
    extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'demo' } }],
  };
  const client = await connectWith(t, oneContext(cluster, { exec: { ...plugin.exec, provideClusterInfo: true } }));
  assert.equal(plugin.calls(), 0);
  await Promise.all([client.get('/a'), client.get('/b'), client.get('/c')]);
  assert.equal(plugin.calls(), 1);
  assert.deepEqual(authorizations(api.seen), ['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
  const read = (name: string) => readFileSync(join(plugin.folder, name), 'utf8');
  assert.deepEqual(JSON.parse(read('info')), {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: {
      cluster: {
        server: api.url,
        'tls-server-name': 'api.example',
        'certificate-authority-data': btoa(api.authority.cert),
        config: { audience: 'demo' },
      },
      interactive: false,
    },
  });
  assert.deepEqual([read('args'), read('stdin')], ['get-token for me', '']);
});

test('who gives up waiting for a plugin takes it from nobody else, and the last one ends it', async (t) => {
  const api = await startSecureApi(t);
  const plugin = writePlugin(t, { token: 'token-NUMBER' });
  const script = readFileSync(join(plugin.folder, 'plugin'), 'utf8');
  const gate = '\necho $$ > "$FOLDER/pid"; while [ ! -e "$FOLDER/go" ]; do sleep 0.05; done\n';
  write(plugin.folder, 'plugin', script.replace('\n', gate), 0o700);
  const isRunning = () => existsSync(join(plugin.folder, 'pid'));
  const client = await connectWith(t, oneContext(clusterOf(api), { exec: plugin.exec }));
  const [impatient, hurried] = [new AbortController(), new AbortController()];
  const first = errorOf(client.get('/first', { signal: impatient.signal }));
  const second = client.get('/second');
  await eventually('the plugin runs', isRunning);
  impatient.abort();
  assert.equal((await first).code, 'KX_CANCELED');
  write(plugin.folder, 'go', '');
  await second;
  assert.deepEqual(authorizations(api.seen), ['Bearer token-1']);

  for (const name of ['go', 'pid']) rmSync(join(plugin.folder, name));
  const other = await connectWith(t, oneContext(clusterOf(api), { exec: plugin.exec }));
  const alone = errorOf(other.get('/alone', { signal: hurried.signal }));
  const pid = await eventually(
    'the plugin runs',
    () => isRunning() && Number(readFileSync(join(plugin.folder, 'pid'))),
  );
  hurried.abort();
  assert.equal((await alone).code, 'KX_CANCELED');
  await eventually('the plugin is gone', () => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });
});

test('a credential that has expired is asked for again', async (t) => {
  const api = await startSecureApi(t);
  const expired = writePlugin(t, { token: 'token-NUMBER', expirationTimestamp: '2020-01-01T00:00:00Z' });
  const client = await connectWith(t, oneContext(clusterOf(api), { exec: expired.exec }));
  await client.get('/a');
  await client.get('/b');
  assert.deepEqual(authorizations(api.seen), ['Bearer token-1', 'Bearer token-2']);
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const fresh = writePlugin(t, { token: 'token-NUMBER', expirationTimestamp: later });
  const other = await connectWith(t, oneContext(clusterOf(api), { exec: fresh.exec }));
  await other.get('/a');
  await other.get('/b');
  assert.equal(fresh.calls(), 1);
});

test('a 401 makes the plugin run once more, for a request and for an upgrade, and not without end', async (t) => {
  const api = await startSecureApi(t, {
    answer: (one, response) => {
      if (one.headers['authorization']?.[0] === 'Bearer token-2') response.end('{}');
      else refuse(response, 401, 'Unauthorized', 'Unauthorized');
    },
  });
  const plugin = writePlugin(t, { token: 'token-NUMBER' });
  const client = await connectWith(t, oneContext(clusterOf(api), { exec: plugin.exec }));
  await client.get('/version');
  assert.deepEqual(authorizations(api.seen), ['Bearer token-1', 'Bearer token-2']);
  const useless = writePlugin(t, { token: 'always' });
  const refused = await errorOf(
    (await connectWith(t, oneContext(clusterOf(api), { exec: useless.exec }))).get('/version'),
  );
  assert.equal(refused.code, 'KX_UNAUTHENTICATED');
  assert.match(refused.message, /does not accept the credentials: Unauthorized/);
  assert.deepEqual(refused.details, { status: '401', reason: 'Unauthorized' });
  assert.equal(useless.calls(), 2);
});

test('a plugin may give a certificate, and a new one after a 401 is used on a new connection', async (t) => {
  const names: (string | undefined)[] = [];
  const api = await startSecureApi(t, {
    answer: (one, response) => {
      names.push(one.client);
      if (one.client === 'second') response.end('{}');
      else refuse(response, 401, 'Unauthorized', 'Unauthorized');
    },
  });
  const [first, second] = [await api.authority.issue({ name: 'first' }), await api.authority.issue({ name: 'second' })];
  const plugin = writePlugin(t, {});
  const answer = (pair: typeof first) => ({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { clientCertificateData: pair.cert, clientKeyData: pair.key },
  });
  write(plugin.folder, 'answer1', answer(first));
  write(plugin.folder, 'answer2', answer(second));
  write(
    plugin.folder,
    'plugin',
    '#!/bin/sh\necho x >> "$FOLDER/calls"\ncat "$FOLDER/answer$(wc -l < "$FOLDER/calls" | tr -d " ")"\n',
  );
  const client = await connectWith(t, oneContext(clusterOf(api), { exec: plugin.exec }));
  await client.get('/version');
  assert.deepEqual(names, ['first', 'second']);
});

test('a token of a flag is used instead of the plugin', async (t) => {
  const api = await startSecureApi(t);
  const plugin = writePlugin(t, { token: 'token-NUMBER' });
  await (await connectWith(t, oneContext(clusterOf(api), { exec: plugin.exec }), { token: 'mine' })).get('/version');
  assert.deepEqual(authorizations(api.seen), ['Bearer mine']);
  assert.equal(plugin.calls(), 0);
});

const badPlugins: { name: string; change: object; script?: string; code: string; says: RegExp; hint?: RegExp }[] = [
  {
    name: 'missing',
    change: { command: 'kx-no-such-plugin', installHint: 'get it from example.org' },
    code: 'KX_CONFIG',
    says: /kx-no-such-plugin was not found/,
    hint: /get it from example.org/,
  },
  { name: 'failing', change: {}, script: 'exit 3', code: 'KX_UNAUTHENTICATED', says: /plugin failed with exit code 3/ },
  { name: 'garbled', change: {}, script: 'echo secret-output', code: 'KX_CONFIG', says: /plugin did not print JSON$/ },
  {
    name: 'of another version',
    change: { apiVersion: 'client.authentication.k8s.io/v1beta1' },
    code: 'KX_CONFIG',
    says: /speaks "client.authentication.k8s.io\/v1", and the kubeconfig says "client.authentication.k8s.io\/v1beta1"/,
  },
  {
    name: 'too old',
    change: { apiVersion: 'client.authentication.k8s.io/v1alpha1' },
    code: 'KX_CONFIG',
    says: /v1alpha1/,
  },
  { name: 'without a mode', change: { interactiveMode: undefined }, code: 'KX_CONFIG', says: /has no interactiveMode/ },
];

for (const { name, change, script, code, says, hint } of badPlugins) {
  test(`a credential plugin that is ${name} is one clear line`, async (t) => {
    const plugin = writePlugin(t, { token: 'secret-output' });
    if (script !== undefined) write(plugin.folder, 'plugin', `#!/bin/sh\n${script}\n`);
    const config = oneContext({ server: 'https://127.0.0.1:1' }, { exec: { ...plugin.exec, ...change } });
    const error = await errorOf(connectWith(t, config).then((client) => client.get('/version')));
    assert.equal(error.code, code);
    assert.match(error.message, says);
    assert.equal(error.message.includes('secret-output'), false);
    if (hint !== undefined) assert.match(error.hint ?? '', hint);
  });
}

test('an auth-provider that is gone says what to use instead', async (t) => {
  const config = oneContext({ server: 'https://a' }, { 'auth-provider': { name: 'gcp' } });
  const error = await errorOf(connectWith(t, config));
  assert.equal(error.code, 'KX_CONFIG');
  assert.match(error.message, /user "u" in \S+config has the unknown auth-provider "gcp"/);
  assert.match(error.hint ?? '', /gke-gcloud-auth-plugin/);
});

test('an expired client certificate is named when the server refuses the user', async (t) => {
  const api = await startSecureApi(t, {
    answer: (_one, response) => refuse(response, 401, 'Unauthorized', 'Unauthorized'),
  });
  const old = await api.authority.issue({ name: 'jane', expired: true });
  const user = { 'client-certificate-data': btoa(old.cert), 'client-key-data': btoa(old.key) };
  const error = await errorOf((await connectWith(t, oneContext(clusterOf(api), user))).get('/version'));
  assert.equal(error.code, 'KX_UNAUTHENTICATED');
  assert.match(error.hint ?? '', /the client certificate expired on \d{4}-\d\d-\d\dT/);
});

test('a key that does not belong to the certificate is a fault of the configuration', async (t) => {
  const authority = await makeAuthority();
  const [one, other] = [await authority.issue({ name: 'a' }), await authority.issue({ name: 'b' })];
  const user = { 'client-certificate-data': btoa(one.cert), 'client-key-data': btoa(other.key) };
  const error = await errorOf((await connectWith(t, oneContext({ server: 'https://127.0.0.1:1' }, user))).get('/'));
  assert.equal(error.code, 'KX_CONFIG');
  assert.match(error.message, /cannot be used/);
});
