import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createPaint, createPrefixer, wantsColor } from '../../../src/lib/render/index.ts';

const parts = { context: false, namespace: false, container: true };
const sourceOf = (pod: string, container = 'app') => ({ namespace: 'shop', pod, container });
const styleOf = (prefix: string) => /\x1b\[(\d+)m/.exec(prefix)?.[1];

suite('colours', () => {
  test('a pod has its colour again when it comes back, in this run and in others', () => {
    const [first, second] = [0, 1].map(() => createPrefixer('stern', parts, createPaint(true)));
    const before = first?.(sourceOf('web-0'));
    first?.(sourceOf('web-1'));
    assert.equal(first?.(sourceOf('web-0')), before);
    assert.equal(second?.(sourceOf('web-0')), before);
  });

  test('as many pods as there are colours have different ones', () => {
    const prefixOf = createPrefixer('stern', parts, createPaint(true));
    const colors = Array.from({ length: 6 }, (_, index) => styleOf(prefixOf(sourceOf(`web-${index * 7}`))));
    assert.equal(new Set(colors).size, 6);
  });

  test('pods of the same name in two namespaces are two pods', () => {
    const prefixOf = createPrefixer('stern', parts, createPaint(true));
    const [one, other] = ['a', 'b'].map((namespace) => styleOf(prefixOf({ ...sourceOf('web'), namespace })));
    assert.notEqual(one, other);
  });

  const wishes: [string, Parameters<typeof wantsColor>, boolean][] = [
    ['auto on a terminal', ['auto', true, { TERM: 'xterm' }], true],
    ['auto elsewhere', ['auto', false, { TERM: 'xterm' }], false],
    ['auto on a terminal that is dumb', ['auto', true, { TERM: 'dumb' }], false],
    ['auto with NO_COLOR', ['auto', true, { NO_COLOR: '1' }], false],
    ['auto with a NO_COLOR that is empty', ['auto', true, { NO_COLOR: '' }], true],
    ['auto with FORCE_COLOR', ['auto', false, { FORCE_COLOR: '1', NO_COLOR: '1' }], true],
    ['auto with FORCE_COLOR=0', ['auto', true, { FORCE_COLOR: '0' }], false],
    ['always, whatever the environment says', ['always', false, { NO_COLOR: '1', TERM: 'dumb' }], true],
    ['never, whatever the environment says', ['never', true, { FORCE_COLOR: '3' }], false],
  ];
  for (const [name, args, expected] of wishes) {
    test(`${name} is ${expected ? 'painted' : 'plain'}`, () => assert.equal(wantsColor(...args), expected));
  }
});
