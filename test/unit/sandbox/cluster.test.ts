import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createCluster, type Cluster } from '../../../src/services/sandbox/cluster/cluster.ts';
import { defaultCluster } from '../../../src/services/sandbox/cluster/default-cluster.ts';
import { readClusterFile } from '../../../src/services/sandbox/cluster/manifest.ts';
import type { Pod } from '../../../src/services/sandbox/cluster/objects.ts';
import { findResource } from '../../../src/services/sandbox/cluster/resources.ts';

const open = (text: string): Cluster => createCluster(readClusterFile(text, 'test.yaml'));
const podsOf = (cluster: Cluster, namespace: string) => cluster.store.list(cluster.pods, namespace) as readonly Pod[];
const template = 'template: { metadata: { labels: { app: a } }, spec: { containers: [{ name: c }] } }';
const node = '{ apiVersion: v1, kind: Node, metadata: { name: n1 } }';

suite('the cluster of a file', () => {
  test('has by default three nodes, three replicas, two containers and a daemon on each node', () => {
    const cluster = open(defaultCluster);
    const names = podsOf(cluster, 'default').map((pod) => pod.metadata.name);
    assert.equal(names.filter((name) => /^web-[a-z0-9]{9}-[a-z0-9]{5}$/.test(name)).length, 3);
    assert.deepEqual(
      cluster.getPod('default', 'two')?.spec.containers.map((each) => each.name),
      ['app', 'sidecar'],
    );
    const nodes = podsOf(cluster, 'kube-system').map((pod) => pod.spec.nodeName);
    assert.deepEqual(nodes.sort(), ['node-1', 'node-2', 'node-3']);
  });

  test('has the same names in every run', () => {
    const names = () => podsOf(open(defaultCluster), 'default').map((pod) => pod.metadata.name);
    assert.deepEqual(names(), names());
  });

  test('owns pods through their ReplicaSet', () => {
    const cluster = open(defaultCluster);
    const pod = podsOf(cluster, 'default').find((each) => each.metadata.labels?.['app'] === 'web')!;
    const [owner] = pod.metadata.ownerReferences ?? [];
    const replicaSets = findResource('apps', 'v1', 'replicasets');
    const replicaSet = replicaSets && cluster.store.get(replicaSets, 'default', owner?.name ?? '');
    assert.equal(replicaSet?.metadata.uid, owner?.uid);
    assert.equal(replicaSet?.metadata.ownerReferences?.[0]?.name, 'web');
    assert.equal(replicaSet.status?.['readyReplicas'], 3);
  });

  test('replaces a deleted pod of a workload by one with another name and uid, on the same node', () => {
    const cluster = open(defaultCluster);
    const [first] = podsOf(cluster, 'kube-system');
    cluster.deletePod('kube-system', first!.metadata.name);
    const after = podsOf(cluster, 'kube-system');
    assert.equal(after.length, 3);
    assert.ok(!after.some((pod) => pod.metadata.name === first!.metadata.name));
    assert.ok(after.some((pod) => pod.spec.nodeName === first!.spec.nodeName));
  });

  test('gives pods of a StatefulSet their numbers, and a new uid to one that comes again', () => {
    const set = `{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: db }, spec: { replicas: 2, ${template} } }`;
    const cluster = open(`${node}\n---\n${set}`);
    assert.deepEqual(
      podsOf(cluster, 'default').map((pod) => pod.metadata.name),
      ['db-0', 'db-1'],
    );
    const { uid } = cluster.getPod('default', 'db-1')!.metadata;
    cluster.deletePod('default', 'db-1');
    assert.notEqual(cluster.getPod('default', 'db-1')!.metadata.uid, uid);
  });

  test('does not bind a pod that is Pending', () => {
    const pod =
      '{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: { containers: [{ name: c }] }, status: { phase: Pending } }';
    const pending = open(`${node}\n---\n${pod}`).getPod('default', 'p');
    assert.deepEqual([pending?.status.phase, pending?.spec.nodeName], ['Pending', undefined]);
  });

  test('has users whose tokens nobody can know beforehand', () => {
    const tokens = () => open(defaultCluster).users.map(({ token }) => token);
    const all = [...tokens(), ...tokens()];
    assert.equal(new Set(all).size, 4);
    for (const token of all) assert.ok(token.length >= 32, token);
  });

  for (const [what, text, message] of [
    ['an unknown kind', '{ apiVersion: v9, kind: Nope, metadata: { name: x } }', /no Nope in v9/],
    ['no name', '{ apiVersion: v1, kind: Node, metadata: {} }', /Node has no metadata.name/],
    [
      'a pod without containers',
      '{ apiVersion: v1, kind: Pod, metadata: { name: p }, spec: {} }',
      /pod p has no containers/,
    ],
    [
      'a user with an empty token',
      '{ apiVersion: kx.dev/v1, kind: SandboxUser, metadata: { name: u }, spec: { token: "" } }',
      /token is empty or not a text/,
    ],
    ['what is not YAML', 'a: [', /test\.yaml:\d+: not YAML/],
    ['no node', '{ apiVersion: v1, kind: Namespace, metadata: { name: x } }', /no Node/],
    [
      'an unknown fault',
      `${node}\n---\n{ apiVersion: v1, kind: Pod, metadata: { name: p, annotations: { sandbox.kx.dev/fault: boom } }, spec: { containers: [{ name: c }] } }`,
      /boom/,
    ],
  ] as const) {
    test(`is refused with ${what}`, () => {
      assert.throws(() => open(text), { code: 'KX_CONFIG', message });
    });
  }
});
