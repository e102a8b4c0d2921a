import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pickPod, type Pod } from '../../../src/lib/target/pod-order.ts';
import { pod, type PodTraits } from './objects.ts';

const t1 = '2026-01-01T10:00:00Z';
const t2 = '2026-01-01T10:00:01Z';

/** The rules of kubectl's ActivePods in its order: each better pod is worse by every later rule. */
const rules: readonly (readonly [rule: string, better: PodTraits, worse: PodTraits])[] = [
  ['assigned to a node', { phase: 'Pending', ready: false }, { node: '', phase: 'Running', ready: true }],
  ['Running before Unknown', { phase: 'Running', ready: false }, { phase: 'Unknown', ready: true }],
  ['Unknown before Pending', { phase: 'Unknown', ready: false }, { phase: 'Pending', ready: true }],
  ['Running before Succeeded', { phase: 'Running', ready: false }, { phase: 'Succeeded', ready: true }],
  ['Unknown before Failed', { phase: 'Unknown', ready: false }, { phase: 'Failed', ready: true }],
  ['ready, even when it is being deleted', { ready: true, deleted: t1 }, { ready: false }],
  ['not being deleted', { readySince: t2, restarts: 5 }, { deleted: t1, readySince: t1 }],
  ['deleted later', { deleted: t2, readySince: t2 }, { deleted: t1, readySince: t1 }],
  ['ready longer', { readySince: t1, restarts: 5 }, { readySince: t2 }],
  ['fewer restarts', { restarts: 1, created: t2 }, { restarts: 2, created: t1 }],
  ['older', { created: t1 }, { created: t2 }],
  ['older, when neither is ready', { ready: false, created: t1 }, { ready: false, created: t2, readySince: t1 }],
];

function sidecar(name: string, restartCount: number, created: string): Pod {
  const made = pod(name, {
    created,
    init: ['proxy', 'once'],
    status: {
      initContainerStatuses: [
        { name: 'proxy', restartCount },
        { name: 'once', restartCount: 9 - restartCount },
      ],
    },
  });
  made.spec!.initContainers![0]!.restartPolicy = 'Always';
  return made;
}

suite('the pod of a workload', () => {
  for (const [rule, better, worse] of rules) {
    test(`is the one that is better by: ${rule}`, () => {
      const pods = [pod('better', better), pod('worse', worse)];
      assert.equal(pickPod(pods)?.metadata?.name, 'better');
      assert.equal(pickPod(pods.toReversed())?.metadata?.name, 'better');
    });
  }

  test('is the one with fewer restarts of its sidecars, where only those differ', () => {
    const pods = [sidecar('worse', 2, t1), sidecar('better', 1, t2)];
    assert.equal(pickPod(pods)?.metadata?.name, 'better');
  });

  test('is the first of the list where nothing tells them apart', () => {
    assert.equal(pickPod([pod('a'), pod('b'), pod('c')])?.metadata?.name, 'a');
  });

  test('ranks a completed pod with the pending ones, as kubectl does', () => {
    const pods = [pod('new', { phase: 'Pending', created: t2 }), pod('done', { phase: 'Succeeded', created: t1 })];
    assert.equal(pickPod(pods)?.metadata?.name, 'done');
  });

  test('takes a pod without any times for the worst', () => {
    const bare: Pod = { ...pod('bare'), metadata: { name: 'bare' } };
    assert.equal(pickPod([bare, pod('whole')])?.metadata?.name, 'whole');
  });

  test('does not exist in an empty list', () => {
    assert.equal(pickPod([]), undefined);
  });
});
