import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';

import { refuse } from './support/api.ts';
import { clusterOf, connectWith, errorOf, oneContext, startSecureApi } from './support/scene.ts';

const makeToken = (name: string, seconds: number) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: name, exp: Math.floor(Date.now() / 1000) + seconds })}.signature`;
};

interface IssuerOptions {
  /** How the client must prove itself. */
  readonly style?: 'header' | 'form';
  readonly idToken: string;
}

/** An issuer that gives one id-token for the refresh-token "refresh-1", and a new refresh-token with it. */
async function startIssuer(t: TestContext, { style = 'header', idToken }: IssuerOptions) {
  let spent = false;
  const issuer = await startSecureApi(t, {
    answer: (one, response) => {
      if (one.url === '/realm/.well-known/openid-configuration') {
        return void response.end(JSON.stringify({ token_endpoint: `https://127.0.0.1:${issuer.port}/realm/token` }));
      }
      const form = new URLSearchParams(one.body);
      const [header] = one.headers['authorization'] ?? [];
      const isKnown =
        style === 'header'
          ? header === `Basic ${btoa('kx%20client:s%3Acret')}`
          : form.get('client_id') === 'kx client' && form.get('client_secret') === 's:cret';
      if (!isKnown) return void response.writeHead(401).end('{"error":"invalid_client"}');
      const isGood = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === 'refresh-1' && !spent;
      spent ||= isGood;
      if (!isGood) return void response.writeHead(400).end('{"error":"invalid_grant","error_description":"spent"}');
      response.end(JSON.stringify({ id_token: idToken, refresh_token: 'refresh-2', access_token: 'access' }));
    },
  });
  return issuer;
}

async function startScene(t: TestContext, idToken: string | undefined, given: IssuerOptions, refresh = 'refresh-1') {
  const issuer = await startIssuer(t, given);
  const api = await startSecureApi(t, {
    answer: (one, response) => {
      if (one.headers['authorization']?.[0] === `Bearer ${given.idToken}`) response.end('{}');
      else refuse(response, 401, 'Unauthorized', 'Unauthorized');
    },
  });
  const config = {
    'idp-issuer-url': `${issuer.url}/realm`,
    'idp-certificate-authority-data': btoa(issuer.authority.cert),
    'client-id': 'kx client',
    'client-secret': 's:cret',
    ...(idToken && { 'id-token': idToken }),
    ...(refresh && { 'refresh-token': refresh }),
  };
  const user = { 'auth-provider': { name: 'oidc', config } };
  const client = await connectWith(t, { ...oneContext(clusterOf(api), user), extra: { kept: 'yes' } });
  return { issuer, api, client };
}

for (const style of ['header', 'form'] as const) {
  test(`an id-token that has expired is renewed and written back (secret in the ${style})`, async (t) => {
    const fresh = makeToken('fresh', 3600);
    const { api, issuer, client } = await startScene(t, makeToken('old', -60), { style, idToken: fresh });
    chmodSync(client.file, 0o640);
    await Promise.all([client.get('/a'), client.get('/b')]);
    assert.deepEqual(
      api.seen.map((one) => one.headers['authorization']),
      [[`Bearer ${fresh}`], [`Bearer ${fresh}`]],
    );
    assert.equal(issuer.seen.filter((one) => one.method === 'POST').length, style === 'header' ? 1 : 2);
    const text = readFileSync(client.file, 'utf8');
    assert.match(text, new RegExp(`id-token: ${fresh}\n`));
    assert.match(text, /refresh-token: refresh-2\n/);
    assert.match(text, /kept: 'yes'/);
    assert.equal(statSync(client.file).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(dirname(client.file)), ['config']);
    const shown = client.lines.join('\n');
    for (const secret of [fresh, 'refresh-1', 'refresh-2', 's:cret', 's%3Acret'])
      assert.equal(shown.includes(secret), false);
  });
}

test('an id-token that is still good is used, and renewed once when the server refuses it', async (t) => {
  const fresh = makeToken('fresh', 3600);
  const good = await startScene(t, fresh, { idToken: fresh });
  await good.client.get('/version');
  assert.equal(good.issuer.seen.length, 0);
  const revoked = await startScene(t, makeToken('revoked', 3600), { idToken: fresh });
  await revoked.client.get('/version');
  assert.equal(revoked.api.seen.length, 2);
});

test('a refresh-token that is spent, or none at all, means to log in again', async (t) => {
  const given = { idToken: makeToken('fresh', 3600) };
  const spent = await startScene(t, undefined, given, 'spent');
  const refused = await errorOf(spent.client.get('/version'));
  assert.equal(refused.code, 'KX_UNAUTHENTICATED');
  assert.match(
    refused.message,
    /^the OIDC user "u" in \S+config is refused a new token by its issuer \(400 invalid_grant: spent\)$/,
  );
  const none = await startScene(t, makeToken('old', -60), given, '');
  assert.match((await errorOf(none.client.get('/version'))).message, /has no valid id-token, and no refresh-token/);
});

test('a kubeconfig that somebody else is writing is left alone, and the new token is used all the same', async (t) => {
  const { client } = await startScene(t, makeToken('old', -60), { idToken: makeToken('fresh', 3600) });
  const before = readFileSync(client.file, 'utf8');
  writeFileSync(`${client.file}.lock`, '');
  await client.get('/version');
  assert.equal(readFileSync(client.file, 'utf8'), before);
  assert.match(client.lines.find((line) => line.startsWith('0 ')) ?? '', /the new tokens are not written to/);
});
