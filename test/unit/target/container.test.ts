import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError, type KxCode } from '../../../src/lib/errors/index.ts';
import { chooseContainer, needsContainerChoice } from '../../../src/lib/target/index.ts';
import { forbidden, notFound, list, startApiServer, type Answer } from './api-server.ts';
import { pod, type PodTraits } from './objects.ts';

const path = '/api/v1/namespaces/shop/pods/two';
const target = { namespace: 'shop', pod: 'two' };
const annotation = (name: string) => ({ 'kubectl.kubernetes.io/default-container': name });
const refused = new KxError(
  'KX_REMOTE',
  'a container name must be specified for pod two, choose one of: [prepare a b debug]',
  { details: { status: '400', reason: 'BadRequest' } },
);

async function choose(answer: Answer, quiet = false): Promise<{ container: string | undefined; said: string[] }> {
  const server = await startApiServer({ [path]: answer, '/api/v1/namespaces/shop/pods': list() });
  const said: string[] = [];
  const chosen = await chooseContainer(server.api, target, { refusal: refused, quiet }, (line) => said.push(line));
  assert.deepEqual(server.asked, [path]);
  assert.equal(chosen.pod, 'two');
  assert.equal(chosen.uid, 'uid-of-two');
  return { container: chosen.container, said };
}

async function refusal(code: KxCode, answer: Answer): Promise<KxError> {
  const error: unknown = await choose(answer).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof KxError, String(error));
  assert.equal(error.code, code);
  return error;
}

suite('the container of a pod that has several', () => {
  const defaulted: readonly (readonly [traits: PodTraits, container: string, said: string[]])[] = [
    [{ containers: ['a', 'b'] }, 'a', ['Defaulted container "a" out of: a, b']],
    [
      { containers: ['a', 'b'], init: ['prepare'], ephemeral: ['debug'] },
      'a',
      ['Defaulted container "a" out of: a, b, debug (ephem), prepare (init)'],
    ],
    [{ containers: ['a'] }, 'a', []],
    [{ containers: ['a'], init: ['prepare'] }, 'a', ['Defaulted container "a" out of: a, prepare (init)']],
    [{ containers: ['a', 'b'], annotations: annotation('b') }, 'b', []],
    [{ containers: ['a', 'b'], ephemeral: ['debug'], annotations: annotation('debug') }, 'debug', []],
    [{ containers: ['a', 'b'], annotations: annotation('') }, 'a', ['Defaulted container "a" out of: a, b']],
  ];
  for (const [traits, container, said] of defaulted) {
    test(`is ${container} for ${JSON.stringify(traits)}`, async () => {
      assert.deepEqual(await choose(pod('two', traits)), { container, said });
    });
  }

  test('is not said when quiet', async () => {
    assert.deepEqual(await choose(pod('two', { containers: ['a', 'b'] }), true), { container: 'a', said: [] });
  });

  test('is not guessed when the annotation names one that does not exist', async () => {
    const answer = pod('two', { containers: ['a', 'b'], annotations: annotation('gone') });
    const { message } = await refusal('KX_TARGET_NOT_FOUND', answer);
    assert.equal(message, 'container gone is not valid for pod two out of: a, b');
  });

  test('is asked of the user, with the choices of the server, when the pod may not be read', async () => {
    const { message, hint } = await refusal('KX_TARGET_AMBIGUOUS', forbidden);
    assert.equal(message, refused.message);
    assert.match(hint ?? '', /^name one with -c: prepare, a, b, debug .*get pods/);
  });

  test('is not there when the pod went away in between', async () => {
    await assert.rejects(choose(notFound('pods', 'two')), { code: 'KX_TARGET_NOT_FOUND' });
  });

  test('is not chosen in a completed pod', async () => {
    await refusal('KX_TARGET_NOT_RUNNING', pod('two', { containers: ['a', 'b'], phase: 'Succeeded' }));
  });
});

suite('the refusal to choose a container', () => {
  const details = { status: '400' };
  const cases: readonly (readonly [message: string, details: Record<string, string>, expected: boolean])[] = [
    ['a container name must be specified for pod two, choose one of: [a b]', details, true],
    ['a container name must be specified for pod two', details, true],
    ['a container name must be specified for pod two, choose one of: [a b]', { status: '500' }, false],
    ['container nope is not valid for pod two', details, false],
  ];
  for (const [message, given, expected] of cases) {
    test(`${expected ? 'is' : 'is not'} "${message}" with status ${given['status'] ?? ''}`, () => {
      assert.equal(needsContainerChoice(new KxError('KX_REMOTE', message, { details: given })), expected);
    });
  }

  test('is no other kind of error', () => {
    assert.equal(needsContainerChoice(new Error('a container name must be specified for pod two')), false);
  });
});
