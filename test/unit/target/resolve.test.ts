import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError, type KxCode } from '../../../src/lib/errors/index.ts';
import { parseReference, resolveTarget, type Target, type TargetRequest } from '../../../src/lib/target/index.ts';
import { failure, forbidden, list, notFound, startApiServer, type Answer, type ApiServer } from './api-server.ts';
import { pod } from './objects.ts';

const core = '/api/v1/namespaces/shop';
const apps = '/apis/apps/v1/namespaces/shop';
const batch = '/apis/batch/v1/namespaces/shop';
const pods = `${core}/pods`;
const matchLabels = { app: 'web' };
const selecting = { spec: { selector: { matchLabels } } };

interface Resolved {
  readonly target: Target;
  readonly said: readonly string[];
}

async function resolve(server: ApiServer, reference: string, more: Partial<TargetRequest> = {}): Promise<Resolved> {
  const said: string[] = [];
  const request: TargetRequest = {
    reference: parseReference(reference),
    namespace: 'shop',
    quiet: false,
    podRunningTimeoutMs: 20_000,
    ...more,
  };
  return { target: await resolveTarget(server.api, request, (line) => said.push(line)), said };
}

async function refusal(code: KxCode, resolved: Promise<unknown>): Promise<KxError> {
  const error: unknown = await resolved.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof KxError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}

suite('a plain pod', () => {
  test('costs no request', async () => {
    const server = await startApiServer({});
    assert.deepEqual((await resolve(server, 'two')).target, { namespace: 'shop', pod: 'two' });
    const { target } = await resolve(server, 'pod/two', { container: 'a', needContainer: true });
    assert.deepEqual(target, { namespace: 'shop', pod: 'two', container: 'a' });
    assert.deepEqual((await resolve(server, 'two', { container: '' })).target, { namespace: 'shop', pod: 'two' });
    assert.deepEqual(server.asked, []);
  });

  test('is read when its container has to be known', async () => {
    const server = await startApiServer({ [`${pods}/two`]: pod('two', { containers: ['a', 'b'] }) });
    const { target, said } = await resolve(server, 'two', { needContainer: true });
    assert.deepEqual(target, { namespace: 'shop', pod: 'two', container: 'a', uid: 'uid-of-two' });
    assert.deepEqual(said, ['Defaulted container "a" out of: a, b']);
    assert.deepEqual(server.asked, [`${pods}/two`]);
  });

  test('in what cannot be a namespace is refused before any request', async () => {
    const server = await startApiServer({});
    for (const namespace of ['..', '.', '', 'a/b', 'Shop', 'a.b', 'a'.repeat(64)]) {
      await refusal('KX_USAGE', resolve(server, 'two', { namespace, needContainer: true }));
    }
    assert.deepEqual(server.asked, []);
  });
});

suite('a TYPE/NAME', () => {
  const kinds: readonly (readonly [reference: string, path: string, object: object, query: string])[] = [
    ['deploy/web', `${apps}/deployments/web`, selecting, 'app=web'],
    ['rs/web', `${apps}/replicasets/web`, selecting, 'app=web'],
    ['sts/web', `${apps}/statefulsets/web`, selecting, 'app=web'],
    ['ds/web', `${apps}/daemonsets/web`, selecting, 'app=web'],
    ['job/web', `${batch}/jobs/web`, selecting, 'app=web'],
    [
      'rc/web',
      `${core}/replicationcontrollers/web`,
      { spec: { selector: { app: 'web', tier: 'x' } } },
      'app=web,tier=x',
    ],
    ['svc/web', `${core}/services/web`, { spec: { selector: { app: 'web' } } }, 'app=web'],
    [
      'deploy/web',
      `${apps}/deployments/web`,
      {
        spec: {
          selector: {
            matchLabels,
            matchExpressions: [
              { key: 'tier', operator: 'In', values: ['a', 'b'] },
              { key: 'zone', operator: 'NotIn', values: ['c'] },
              { key: 'live', operator: 'Exists' },
              { key: 'old', operator: 'DoesNotExist' },
            ],
          },
        },
      },
      'app=web,tier in (a,b),zone notin (c),live,!old',
    ],
  ];
  for (const [reference, path, object, selector] of kinds) {
    test(`${reference} is the best of the pods with ${selector}`, async () => {
      const server = await startApiServer({
        [path]: object,
        [pods]: list(pod('worse', { ready: false }), pod('better')),
      });
      const { target, said } = await resolve(server, reference);
      assert.deepEqual(target, { namespace: 'shop', pod: 'better', container: 'app', uid: 'uid-of-better' });
      assert.deepEqual(said, []);
      assert.deepEqual(server.asked, [path, `${pods}?labelSelector=${selector}`]);
    });
  }

  test('takes the container that is named, and refuses one that is not there', async () => {
    const server = await startApiServer({
      [`${apps}/deployments/web`]: selecting,
      [pods]: list(pod('web-1', { containers: ['a', 'b'], init: ['prepare'] })),
    });
    const { target, said } = await resolve(server, 'deploy/web', { container: 'b' });
    assert.equal(target.container, 'b');
    assert.deepEqual(said, []);
    const { message } = await refusal('KX_TARGET_NOT_FOUND', resolve(server, 'deploy/web', { container: 'nope' }));
    assert.equal(message, 'container nope is not valid for pod web-1 out of: a, b, prepare (init)');
  });

  for (const phase of ['Succeeded', 'Failed']) {
    test(`whose best pod is ${phase} is refused with the words of kubectl`, async () => {
      const server = await startApiServer({
        [`${batch}/jobs/web`]: selecting,
        [pods]: list(pod('p', { phase })),
      });
      const { message } = await refusal('KX_TARGET_NOT_RUNNING', resolve(server, 'job/web'));
      assert.equal(message, `cannot exec into a container in a completed pod; current phase is ${phase}`);
    });
  }

  test('that does not exist is refused, and similar names are named', async () => {
    const server = await startApiServer({
      [`${apps}/deployments/wep`]: notFound('deployments.apps', 'wep'),
      [`${apps}/deployments`]: list(pod('web'), pod('database')),
    });
    const { message, hint } = await refusal('KX_TARGET_NOT_FOUND', resolve(server, 'deploy/wep'));
    assert.equal(message, 'deployment "wep" not found in namespace "shop"');
    assert.equal(hint, 'did you mean web?');
  });

  test('on a server that does not know the path keeps the words of the server', async () => {
    const server = await startApiServer({});
    const { message } = await refusal('KX_TARGET_NOT_FOUND', resolve(server, 'deploy/web'));
    assert.equal(message, 'the server could not find the requested resource');
  });

  test('that may not be read keeps the refusal of the server', async () => {
    const server = await startApiServer({ [`${apps}/deployments/web`]: forbidden });
    assert.match((await refusal('KX_FORBIDDEN', resolve(server, 'deploy/web'))).message, /^pods is forbidden/);
  });

  test('that is a Service without a selector is refused with the words of kubectl', async () => {
    const server = await startApiServer({ [`${core}/services/web`]: { spec: {} } });
    const { message } = await refusal('KX_TARGET_NOT_FOUND', resolve(server, 'svc/web'));
    assert.equal(message, "invalid service 'web': Service is defined without a selector");
  });

  test('without a label selector never means every pod', async () => {
    const server = await startApiServer({ [`${batch}/jobs/web`]: { spec: {} }, [pods]: list(pod('other')) });
    await refusal('KX_TARGET_NOT_FOUND', resolve(server, 'job/web'));
  });
});

suite('a TYPE/NAME without a pod', () => {
  const watching = `${pods}?labelSelector=app=web&watch=true&resourceVersion=7`;

  /** Answers lists from one list and every watch from another, in turn; the last answer stays. */
  function podsApi(lists: readonly object[], watches: readonly (readonly object[] | 'open')[]): Answer {
    let listed = 0;
    let watched = 0;
    return (request, response) => {
      if (!(request.url ?? '').includes('watch=true')) {
        response.end(JSON.stringify(lists[Math.min(listed++, lists.length - 1)]));
        return;
      }
      const events = watches[Math.min(watched++, watches.length - 1)] ?? 'open';
      response.flushHeaders();
      if (events === 'open') return;
      const text = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      response.write(text.subarray(0, 40));
      setImmediate(() => response.end(text.subarray(40)));
    };
  }

  test('waits for the first one to appear, which need not run yet', async () => {
    const object = pod('web-1', { phase: 'Pending', node: '', ready: false });
    const server = await startApiServer({
      [`${apps}/deployments/web`]: { spec: { ...selecting.spec, replicas: 0 } },
      [pods]: podsApi(
        [list()],
        [
          [
            { type: 'BOOKMARK', object: {} },
            { type: 'ADDED', object },
          ],
        ],
      ),
    });
    const { target, said } = await resolve(server, 'deploy/web');
    assert.equal(target.pod, 'web-1');
    assert.deepEqual(said, ['Waiting up to 20s for a pod of deployment/web (it is scaled to 0 replicas)']);
    assert.deepEqual(server.asked.slice(1), [`${pods}?labelSelector=app=web`, watching]);
  });

  test('waits on when a watch ends, expires or breaks off', async () => {
    const expired = { type: 'ERROR', object: failure(410, 'Expired', 'too old resource version') };
    const server = await startApiServer({
      [`${apps}/deployments/web`]: selecting,
      [pods]: podsApi([list(), list(), list(), list(pod('web-1'))], [[], [expired]]),
    });
    const { target, said } = await resolve(server, 'deploy/web', { quiet: true });
    assert.equal(target.pod, 'web-1');
    assert.deepEqual(said, []);
    assert.equal(server.asked.filter((each) => each === watching).length, 3);
  });

  test('is refused when the time is over', async () => {
    const server = await startApiServer({
      [`${apps}/deployments/web`]: selecting,
      [pods]: podsApi([list()], ['open']),
    });
    const resolved = resolve(server, 'deploy/web', { podRunningTimeoutMs: 50 });
    const { message } = await refusal('KX_TARGET_NOT_RUNNING', resolved);
    assert.equal(message, 'no pod of deployment/web appeared within 0.05s');
  });

  test('shows why when watching is forbidden', async () => {
    const server = await startApiServer({
      [`${apps}/deployments/web`]: selecting,
      [pods]: (request, response) => {
        const watch = (request.url ?? '').includes('watch');
        response.statusCode = watch ? 403 : 200;
        response.end(JSON.stringify(watch ? forbidden : list()));
      },
    });
    assert.match((await refusal('KX_FORBIDDEN', resolve(server, 'deploy/web'))).message, /forbidden/);
  });

  test('stops waiting when the caller gives up, with the reason of the caller', async () => {
    const server = await startApiServer({
      [`${apps}/deployments/web`]: selecting,
      [pods]: podsApi([list()], ['open']),
    });
    const controller = new AbortController();
    const reason = new KxError('KX_CANCELED', 'interrupted');
    const said = (line: string) => {
      assert.match(line, /^Waiting/);
      controller.abort(reason);
    };
    const request: TargetRequest = {
      reference: parseReference('deploy/web'),
      namespace: 'shop',
      quiet: false,
      podRunningTimeoutMs: 20_000,
      signal: controller.signal,
    };
    await assert.rejects(resolveTarget(server.api, request, said), reason);
  });
});

suite('a CronJob', () => {
  const cronJob = { metadata: { name: 'tick', uid: 'c1' }, spec: {} };

  function job(name: string, creationTimestamp: string, more: { owner?: string; ended?: string } = {}): object {
    const conditions = more.ended === undefined ? [] : [{ type: more.ended, status: 'True' }];
    return {
      metadata: { name, creationTimestamp, ownerReferences: [{ uid: more.owner ?? 'c1' }] },
      spec: { selector: { matchLabels: { job: name } } },
      status: { conditions },
    };
  }

  test('means the pod of its newest active Job', async () => {
    const server = await startApiServer({
      [`${batch}/cronjobs/tick`]: cronJob,
      [`${batch}/jobs`]: list(
        job('older', '2026-01-01T10:00:00Z'),
        job('newest', '2026-01-01T10:01:00Z'),
        job('done', '2026-01-01T10:02:00Z', { ended: 'Complete' }),
        job('failed', '2026-01-01T10:03:00Z', { ended: 'Failed' }),
        job('foreign', '2026-01-01T10:04:00Z', { owner: 'c2' }),
      ),
      [pods]: list(pod('newest-x')),
    });
    assert.equal((await resolve(server, 'cronjob/tick')).target.pod, 'newest-x');
    assert.equal(server.asked.at(-1), `${pods}?labelSelector=job=newest`);
  });

  test('without an active Job is refused at once', async () => {
    const server = await startApiServer({
      [`${batch}/cronjobs/tick`]: cronJob,
      [`${batch}/jobs`]: list(job('done', '2026-01-01T10:02:00Z', { ended: 'Complete' })),
    });
    const { message, hint } = await refusal('KX_TARGET_NOT_RUNNING', resolve(server, 'cj/tick'));
    assert.equal(message, 'cronjob "tick" has no active job');
    assert.match(hint ?? '', /--from=cronjob\/tick/);
  });
});
