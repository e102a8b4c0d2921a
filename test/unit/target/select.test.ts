import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { parseReference, selectTargets, type TargetsRequest } from '../../../src/lib/target/index.ts';
import { list, startApiServer, type ApiServer } from './api-server.ts';
import { pod } from './objects.ts';

const pods = '/api/v1/namespaces/shop/pods';
const deployment = { spec: { selector: { matchLabels: { app: 'web' } } } };

async function select(server: ApiServer, of: TargetsRequest['of'], container?: string) {
  const request = { of, namespace: 'shop', container, quiet: false, podRunningTimeoutMs: 50 };
  const selected = await selectTargets(server.api, request, () => {});
  return selected.map(({ pod: name, target }) => [name, target instanceof KxError ? target.code : target.container]);
}

suite('every pod of a selection', () => {
  const some = list(
    pod('web-b', { containers: ['app', 'proxy'] }),
    pod('web-a'),
    pod('done', { phase: 'Succeeded' }),
    pod('going', { deleted: '2026-01-01T12:00:00Z' }),
  );

  test('is there by name, without those that have ended or are being deleted', async () => {
    const server = await startApiServer({
      [pods]: some,
      '/apis/apps/v1/namespaces/shop/deployments/web': deployment,
    });
    const both = [
      ['web-a', 'app'],
      ['web-b', 'app'],
    ];
    assert.deepEqual(await select(server, parseReference('deploy/web')), both);
    assert.deepEqual(await select(server, 'app=web'), both);
    assert.ok(server.asked.includes(`${pods}?labelSelector=app=web`));
  });

  test('has an error in the place of a pod that lacks the container', async () => {
    const server = await startApiServer({ [pods]: some });
    assert.deepEqual(await select(server, 'app=web', 'proxy'), [
      ['web-a', 'KX_TARGET_NOT_FOUND'],
      ['web-b', 'proxy'],
    ]);
  });

  test('without a pod that runs is KX_TARGET_NOT_RUNNING', async () => {
    const ended = await startApiServer({ [pods]: list(pod('done', { phase: 'Failed' })) });
    await assert.rejects(select(ended, 'a=b'), { code: 'KX_TARGET_NOT_RUNNING', message: /-l a=b runs/ });
    const none = await startApiServer({ [pods]: list() });
    await assert.rejects(select(none, 'a=b'), { code: 'KX_TARGET_NOT_RUNNING', message: /no pod of -l a=b appeared/ });
  });
});
