import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { enterWords } from '../../../src/lib/privileged/entry.ts';
import { placeOf } from '../../../src/lib/privileged/index.ts';
import type { Pod } from '../../../src/lib/target/index.ts';

const target = { namespace: 'ns', pod: 'web', container: 'app', uid: 'uid-1' };

function podWith(containerID: string | undefined, more: Partial<Pod> = {}): Pod {
  const status = { name: 'app', containerID } as NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
  return {
    metadata: { name: 'web', namespace: 'ns', uid: 'uid-1', ...more.metadata },
    spec: { nodeName: 'n1', containers: [], ...more.spec },
    status: { containerStatuses: [status] },
  };
}

suite('a place', () => {
  test('is one incarnation of a container, on its node', () => {
    const place = placeOf(podWith('containerd://abc123'), target);
    assert.deepEqual(place, {
      kind: 'container',
      target,
      node: 'n1',
      runtime: 'containerd',
      containerId: 'abc123',
      podUid: 'uid-1',
    });
  });

  test('of a static pod has the uid that its node knows', () => {
    const annotations = { 'kubernetes.io/config.mirror': 'hash' };
    assert.equal(placeOf(podWith('cri-o://abc', { metadata: { annotations } }), target).podUid, 'hash');
  });

  test('is refused without a container ID, with one that could be a path, and on Windows', () => {
    assert.throws(() => placeOf(podWith(undefined), target), { code: 'KX_TARGET_NOT_RUNNING' });
    assert.throws(() => placeOf(podWith('containerd://../../etc'), target), { code: 'KX_TARGET_NOT_RUNNING' });
    const windows = podWith('containerd://abc', { spec: { containers: [], os: { name: 'windows' } } });
    assert.throws(() => placeOf(windows, target), { code: 'KX_ENTER' });
  });

  test('and an entry are words that the script takes; those of the user stay apart', () => {
    const place = placeOf(podWith('containerd://abc'), target);
    const entry = {
      namespaces: ['mount', 'pid'] as const,
      user: '5:6',
      cwd: '/a b',
      inherit: true,
      env: { id: 'other' },
      tools: false,
    };
    assert.deepEqual(enterWords('NONCE', place, entry, ['--', 'id=x']), [
      ...['sh', '/dev/shm/kx/enter', 'NONCE', 'kind=container', 'id=abc', 'uid=uid-1', 'namespaces=mount pid'],
      ...['user=5:6', 'cwd=/a b', 'inherit=1', '--', 'id=other', '--', '--', 'id=x'],
    ]);
  });
});
