import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError, type KxErrorOptions } from '../../../src/lib/errors/index.ts';
import { explainExecFailure, type Target } from '../../../src/lib/target/index.ts';
import { forbidden, list, notFound, startApiServer, type Answer } from './api-server.ts';
import { pod } from './objects.ts';

const pods = '/api/v1/namespaces/shop/pods';
const path = `${pods}/two`;
const notFoundByKubelet = new KxError('KX_REMOTE', 'container not found ("app")', { ran: 'maybe' });
const missing = new KxError('KX_REMOTE', 'pods "two" not found', { details: { status: '404', reason: 'NotFound' } });

interface Explained {
  readonly error: KxError;
  readonly asked: readonly string[];
}

async function explain(
  answers: Readonly<Record<string, Answer>>,
  error: KxError,
  target: Partial<Target> = {},
): Promise<Explained> {
  const server = await startApiServer(answers);
  const explained = await explainExecFailure(server.api, { namespace: 'shop', pod: 'two', ...target }, error);
  return { error: explained, asked: [...server.asked] };
}

function status(name: string, state: object, lastState = {}): object {
  return { name, restartCount: 3, ready: false, state, lastState };
}

suite('an exec that the server refused', () => {
  test('because the pod is not there names similar pods', async () => {
    const answers = { [pods]: list(pod('tow'), pod('two-7d9f'), pod('two-abcd'), pod('unlike'), pod('two-zzzz')) };
    const { error, asked } = await explain(answers, missing);
    assert.equal(error.code, 'KX_TARGET_NOT_FOUND');
    assert.equal(error.message, 'pod "two" not found in namespace "shop"');
    assert.equal(error.hint, 'did you mean two-7d9f or two-abcd or two-zzzz?');
    assert.deepEqual(asked, [pods]);
  });

  test('because the pod is not there says when the namespace has none', async () => {
    const { error } = await explain({ [pods]: list() }, missing);
    assert.equal(error.hint, 'there is no pod in namespace "shop": name another with -n');
  });

  test('because the pod is not there needs no permission to list', async () => {
    const { error } = await explain({ [pods]: forbidden }, missing);
    assert.equal(error.code, 'KX_TARGET_NOT_FOUND');
    assert.equal(error.hint, undefined);
  });

  test('because the pod went away in between says so', async () => {
    const { error } = await explain({ [path]: notFound('pods', 'two'), [pods]: list(pod('x')) }, notFoundByKubelet);
    assert.equal(error.code, 'KX_TARGET_NOT_FOUND');
    assert.equal(error.ran, 'maybe');
    assert.equal(error.cause, notFoundByKubelet);
  });

  test('because the pod has ended says so with the words of kubectl', async () => {
    const { error, asked } = await explain({ [path]: pod('two', { phase: 'Succeeded' }) }, notFoundByKubelet);
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.equal(error.message, 'cannot exec into a container in a completed pod; current phase is Succeeded');
    assert.deepEqual(asked, [path]);
  });

  test('because there is no such container lists those there are', async () => {
    const refused = new KxError('KX_REMOTE', 'container nope is not valid for pod two', { details: { status: '400' } });
    const answer = pod('two', { containers: ['a', 'b'], ephemeral: ['debug'] });
    const { error } = await explain({ [path]: answer }, refused, { container: 'nope' });
    assert.equal(error.code, 'KX_TARGET_NOT_FOUND');
    assert.equal(error.message, 'container nope is not valid for pod two out of: a, b, debug (ephem)');
    assert.deepEqual(error.details, { status: '400' });
  });

  test('because the pod was created again says so', async () => {
    const { error } = await explain({ [path]: pod('two', { uid: 'new' }) }, notFoundByKubelet, { uid: 'old' });
    assert.equal(error.code, 'KX_TARGET_CHANGED');
  });

  const states: readonly (readonly [what: string, traits: object, message: string, hint: string | undefined])[] = [
    [
      'crashes',
      {
        containerStatuses: [
          status(
            'app',
            { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
            { terminated: { exitCode: 1, reason: 'Error' } },
          ),
        ],
      },
      'container "app" of pod "two" is not running: it is waiting (CrashLoopBackOff)',
      'it last ended with exit code 1, Error: kubectl logs two -c app -n shop --previous',
    ],
    [
      'has no image',
      { containerStatuses: [status('app', { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } })] },
      'container "app" of pod "two" is not running: it is waiting (ImagePullBackOff)',
      'no such image',
    ],
    [
      'has ended',
      { containerStatuses: [status('app', { terminated: { exitCode: 137, reason: 'OOMKilled' } })] },
      'container "app" of pod "two" is not running: it has ended (exit code 137, OOMKilled)',
      undefined,
    ],
  ];
  for (const [what, traits, message, hint] of states) {
    for (const container of [undefined, 'app']) {
      test(`because the container ${what} says so${container === undefined ? '' : ' for one that was named'}`, async () => {
        const named = container === undefined ? {} : { container };
        const { error } = await explain({ [path]: pod('two', { status: traits }) }, notFoundByKubelet, named);
        assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
        assert.equal(error.message, message);
        assert.equal(error.hint, hint);
      });
    }
  }

  test('because an init container has ended says so', async () => {
    const initContainerStatuses = [status('prepare', { terminated: { exitCode: 0, reason: 'Completed' } })];
    const answer = pod('two', { init: ['prepare'], status: { initContainerStatuses } });
    const { error } = await explain({ [path]: answer }, notFoundByKubelet, { container: 'prepare' });
    assert.equal(
      error.message,
      'container "prepare" of pod "two" is not running: it has ended (exit code 0, Completed)',
    );
  });

  test('because the pod has no node yet says why', async () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }];
    const answer = pod('two', { node: '', phase: 'Pending', status: { conditions } });
    const refused = new KxError('KX_REMOTE', 'pod two does not have a host assigned', { details: { status: '400' } });
    const { error } = await explain({ [path]: answer }, refused);
    assert.equal(error.code, 'KX_TARGET_NOT_RUNNING');
    assert.equal(error.message, 'pod "two" is not assigned to a node yet');
    assert.equal(error.hint, '0/3 nodes are available');
  });
});

suite('the original error stays', () => {
  const untouched: readonly (readonly [why: string, code: KxError['code'], options: KxErrorOptions])[] = [
    ['when it is about rights', 'KX_FORBIDDEN', { details: { status: '403' } }],
    ['when it is about the connection', 'KX_UNREACHABLE', {}],
    ['when the stream was lost', 'KX_CONNECTION_LOST', { ran: 'maybe' }],
    ['when it is about the command', 'KX_COMMAND_NOT_FOUND', {}],
    ['when the command ran', 'KX_REMOTE', { ran: 'yes' }],
    ['when kx asks for a container', 'KX_TARGET_AMBIGUOUS', { details: { status: '400' } }],
    ['when it is explained already', 'KX_TARGET_NOT_FOUND', { details: { status: '404' }, cause: missing }],
  ];
  for (const [why, code, options] of untouched) {
    test(`${why}, and nothing is asked`, async () => {
      const original = new KxError(code, 'as it was', options);
      const { error, asked } = await explain({ [path]: pod('two', { phase: 'Failed' }) }, original);
      assert.equal(error, original);
      assert.deepEqual(asked, []);
    });
  }

  test('when the pod may not be read', async () => {
    assert.equal((await explain({ [path]: forbidden }, notFoundByKubelet)).error, notFoundByKubelet);
  });

  test('when the server does not know the path', async () => {
    assert.equal((await explain({}, notFoundByKubelet)).error, notFoundByKubelet);
  });

  test('when the answer is not JSON', async () => {
    const broken: Answer = (_, response) => response.end('<html>');
    assert.equal((await explain({ [path]: broken }, notFoundByKubelet)).error, notFoundByKubelet);
  });

  test('when the answer is not a pod', async () => {
    assert.equal((await explain({ [path]: { kind: 'Other' } }, notFoundByKubelet)).error, notFoundByKubelet);
  });

  test('when the container runs', async () => {
    assert.equal((await explain({ [path]: pod('two') }, notFoundByKubelet)).error, notFoundByKubelet);
  });

  test('when the server is gone', async () => {
    const server = await startApiServer({});
    await server[Symbol.asyncDispose]();
    const target = { namespace: 'shop', pod: 'two' };
    assert.equal(await explainExecFailure(server.api, target, notFoundByKubelet), notFoundByKubelet);
  });
});
