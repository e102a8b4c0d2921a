import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { findNode, listNodes, readNode } from '../../../src/lib/privileged/index.ts';
import { failure, list, notFound, startApiServer } from '../target/api-server.ts';

const { signal } = new AbortController();

function node(name: string, ready: string, more: { os?: string; cordoned?: true } = {}): object {
  return {
    metadata: { name, uid: `uid-${name}` },
    spec: more.cordoned ? { unschedulable: true } : {},
    status: {
      nodeInfo: { operatingSystem: more.os ?? 'linux', containerRuntimeVersion: 'cri-o://1.34.0' },
      conditions: [{ type: 'Ready', status: ready, message: 'why' }],
    },
  };
}

suite('nodes', () => {
  test('are listed by name, with those that nothing can be started on and why', async () => {
    const nodes = [
      node('n10', 'True', { cordoned: true }),
      node('n2', 'False'),
      node('n1', 'Unknown'),
      node('w', 'True', { os: 'windows' }),
    ];
    const server = await startApiServer({ '/api/v1/nodes': list(...nodes) });
    const found = await listNodes(server.api, 'a=b', signal);
    const errorOf = (place: unknown): string | undefined => (place instanceof KxError ? place.code : undefined);
    assert.deepEqual(
      found.map(({ name, uid, state, place }) => [name, uid, state, errorOf(place)]),
      [
        ['n1', 'uid-n1', 'does not answer', 'KX_TARGET_NOT_RUNNING'],
        ['n2', 'uid-n2', 'not ready', undefined],
        ['n10', 'uid-n10', 'ready, cordoned', undefined],
        ['w', 'uid-w', 'Windows', 'KX_ENTER'],
      ],
    );
    assert.deepEqual(found[2]?.place, { kind: 'node', node: 'n10', runtime: 'cri-o' });
    assert.match(server.asked.join(), /labelSelector=a=b/);
  });

  test('that may not be read are taken as they are named; one that is not there is an error', async () => {
    const server = await startApiServer({
      '/api/v1/nodes/hidden': failure(403, 'Forbidden', 'nodes "hidden" is forbidden'),
      '/api/v1/nodes/none': notFound('nodes', 'none'),
      '/api/v1/nodes/down': node('down', 'Unknown'),
    });
    const hidden = await readNode(server.api, 'hidden', signal);
    assert.deepEqual([hidden.state, hidden.uid], ['unknown', undefined]);
    await assert.rejects(readNode(server.api, 'none', signal), { code: 'KX_TARGET_NOT_FOUND' });
    await assert.rejects(findNode(server.api, 'down', signal), { code: 'KX_TARGET_NOT_RUNNING', message: /: why$/ });
  });
});
