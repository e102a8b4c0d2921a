import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { referenceFromManifest } from '../../../src/lib/target/index.ts';

const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\n';
const podText = 'apiVersion: v1\nkind: Pod\nmetadata: {name: two}\n';

async function refusal(text: string, enforced?: string): Promise<KxError> {
  try {
    await referenceFromManifest(text, 'app.yaml', enforced);
  } catch (error) {
    assert.ok(error instanceof KxError);
    assert.equal(error.code, 'KX_USAGE');
    assert.doesNotMatch(error.message, /\n/);
    return error;
  }
  return assert.fail(`not refused: ${text}`);
}

suite('a manifest', () => {
  test('gives the reference and the namespace of its object', async () => {
    assert.deepEqual(await referenceFromManifest(deployment, 'app.yaml'), {
      reference: { kind: 'deployment', name: 'web' },
      namespace: 'shop',
    });
  });

  test('without a namespace leaves it open', async () => {
    const expected = { reference: { kind: 'pod', name: 'two' } };
    assert.deepEqual(await referenceFromManifest(podText, 'app.yaml', 'shop'), expected);
  });

  test('may be JSON, also with tabs', async () => {
    const object = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' } };
    for (const text of [JSON.stringify(object), JSON.stringify(object, null, '\t')]) {
      assert.deepEqual((await referenceFromManifest(text, '-')).reference, { kind: 'cronjob', name: 'tick' });
    }
  });

  test('may have empty documents around its object', async () => {
    const text = `---\n# nothing\n---\n${podText}---\n`;
    assert.equal((await referenceFromManifest(text, '-')).reference.name, 'two');
  });

  test('may be a List of one', async () => {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }],
    });
    assert.deepEqual((await referenceFromManifest(text, '-')).reference, { kind: 'service', name: 'web' });
  });

  test('in the namespace of -n is taken', async () => {
    assert.equal((await referenceFromManifest(deployment, '-', 'shop')).namespace, 'shop');
  });

  test('in another namespace than that of -n is refused with the words of kubectl', async () => {
    const { message, hint } = await refusal(deployment, 'other');
    assert.equal(message, 'the namespace from the provided object "shop" does not match the namespace "other"');
    assert.equal(hint, 'pass --namespace=shop');
  });

  test('with two objects is refused with the words of kubectl', async () => {
    assert.equal(
      (await refusal(`${podText}---\n${deployment}`)).message,
      'cannot exec into multiple objects at a time',
    );
  });

  const bad: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['is empty', '', /^app\.yaml: there is no object in it$/],
    ['has only a comment', '# nothing\n', /there is no object/],
    ['is broken', 'a: [1, 2\nb: }', /^app\.yaml:2:\d+: neither YAML nor JSON: .+$/],
    ['is text', 'hello', /it is not a Kubernetes object/],
    ['is a list', '- a\n- b\n', /it is not a Kubernetes object/],
    ['has no kind', 'apiVersion: v1\nmetadata: {name: x}\n', /it is not a Kubernetes object/],
    ['is of a kind without pods', podText.replace('Pod', 'ConfigMap'), /"ConfigMap" of "v1" is not a kind/],
    ['is of another group', podText.replace('v1', 'example.com/v1'), /"Pod" of "example\.com\/v1" is not a kind/],
    ['has no name', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n', /no metadata\.name/],
    ['has no metadata', 'apiVersion: v1\nkind: Pod\n', /no metadata\.name/],
    ['has a name that is a path', podText.replace('two', '../../nodes'), /cannot be the name of a pod/],
    ['has a namespace that is a path', deployment.replace('shop', '..'), /cannot be the name of a namespace/],
    ['would grow without end', 'a: &a [x, x]\nb: &b [*a, *a]\n'.concat(bomb()), /it is not a Kubernetes object/],
  ];
  for (const [what, text, message] of bad) {
    test(`that ${what} is refused in one line`, async () => {
      assert.match((await refusal(text)).message, message);
    });
  }
});

/** Aliases of aliases: a few lines that would be gigabytes. */
function bomb(): string {
  const letters = 'bcdefghijklmnop'.split('');
  return letters
    .slice(1)
    .map((letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${letters[index]!}`).join(', ')}]\n`)
    .join('');
}
