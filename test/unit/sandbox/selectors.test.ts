import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseFieldSelector, parseLabelSelector } from '../../../src/services/sandbox/api/selectors.ts';
import type { KubeObject } from '../../../src/services/sandbox/cluster/objects.ts';

function pod(labels: Record<string, string>, fields: Partial<KubeObject> = {}): KubeObject {
  const metadata = { name: 'web', namespace: 'default', uid: '', resourceVersion: '', creationTimestamp: '', labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, ...fields };
}

suite('label selectors', () => {
  const object = pod({ app: 'web', tier: 'front', weight: '7' });
  for (const [selector, matches] of [
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (db, web)', true],
    ['app notin (db,web),tier', false],
    ['other notin (db)', true],
    ['other in (db)', false],
    ['tier', true],
    ['!tier', false],
    ['! other', true],
    ['weight>6,weight<8', true],
    ['weight>7', false],
    ['other>1', false],
  ] as const) {
    test(`${JSON.stringify(selector)} ${matches ? 'matches' : 'does not match'}`, () => {
      assert.equal(parseLabelSelector(selector)(object), matches);
    });
  }

  test('a selector that means nothing is refused', () => {
    assert.throws(() => parseLabelSelector('app=(web'), /unable to parse requirement/);
  });
});

suite('field selectors', () => {
  const object = pod({}, { spec: { nodeName: 'node-1' }, status: { phase: 'Running' } });
  for (const [selector, matches] of [
    ['metadata.name=web', true],
    ['metadata.name=web,status.phase!=Running', false],
    ['spec.nodeName==node-1', true],
    ['spec.missing=', true],
    ['spec.missing=x', false],
  ] as const) {
    test(`${selector} ${matches ? 'matches' : 'does not match'}`, () => {
      assert.equal(parseFieldSelector(selector)(object), matches);
    });
  }
});
