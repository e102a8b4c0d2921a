import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  listContainers,
  parseReference,
  type ContainerSelection,
  type PodSource,
  type SelectedContainer,
} from '../../../src/lib/target/index.ts';
import type { Pod } from '../../../src/lib/target/pod-order.ts';
import { failure, forbidden, list, notFound, startApiServer, type ApiServer } from './api-server.ts';
import { pod } from './objects.ts';

const core = '/api/v1/namespaces/shop';
const pods = `${core}/pods`;
const deployments = '/apis/apps/v1/namespaces/shop/deployments';
const everything: ContainerSelection = { namespaces: ['shop'], sources: [], containers: 'all' };
const web = { spec: { selector: { matchLabels: { app: 'web' } } } };

async function select(server: ApiServer, selection: Partial<ContainerSelection>, said: string[] = []) {
  const found = await listContainers(server.api, { ...everything, ...selection }, { say: (line) => said.push(line) });
  return found.map(({ pod: name, container }) => `${name}/${container}`);
}

function sources(...references: readonly string[]): PodSource[] {
  return references.map(parseReference);
}

function inNamespace(namespace: string, object: Pod): Pod {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

suite('a selection asks for', () => {
  test('all pods of a namespace, by pages', async () => {
    const server = await startApiServer({ [pods]: list(pod('b'), pod('a')) });
    assert.deepEqual(await select(server, {}), ['a/app', 'b/app']);
    assert.deepEqual(server.asked, [`${pods}?limit=500`]);
  });

  test('what the selectors and the node say, which the server reads', async () => {
    const server = await startApiServer({ [pods]: list() });
    const conditions = { labelSelector: 'app in (a,b)', fieldSelector: 'status.phase=Running', node: 'node-1' };
    assert.deepEqual(await select(server, conditions), []);
    assert.deepEqual(server.asked, [
      `${pods}?labelSelector=app in (a,b)&fieldSelector=status.phase=Running,spec.nodeName=node-1&limit=500`,
    ]);
  });

  test('every namespace by one list, several by one each', async () => {
    const a = '/api/v1/namespaces/a/pods';
    const b = '/api/v1/namespaces/b/pods';
    const server = await startApiServer({
      '/api/v1/pods': list(inNamespace('z', pod('x')), inNamespace('a', pod('y'))),
      [a]: list(),
      [b]: list(),
    });
    assert.deepEqual(await select(server, { namespaces: 'all' }), ['y/app', 'x/app']);
    assert.deepEqual(await select(server, { namespaces: ['a', 'b', 'a'] }), []);
    assert.deepEqual(server.asked, ['/api/v1/pods?limit=500', `${a}?limit=500`, `${b}?limit=500`]);
  });

  test('a few pods by name alone, so that no right to list is needed', async () => {
    const server = await startApiServer({ [`${pods}/a`]: pod('a'), [`${pods}/b`]: pod('b') });
    assert.deepEqual(await select(server, { sources: sources('b', 'pod/a', 'a') }), ['a/app', 'b/app']);
    assert.deepEqual(server.asked.sort(), [`${pods}/a`, `${pods}/b`]);
  });

  test('a name with a selector by a list, so that the server decides', async () => {
    const server = await startApiServer({ [pods]: list(), [`${pods}/a`]: pod('a') });
    assert.deepEqual(await select(server, { sources: sources('a'), labelSelector: 'app=web' }), []);
    assert.equal(server.asked[0], `${pods}?labelSelector=app=web&fieldSelector=metadata.name=a&limit=500`);
  });

  test('many pods by name through one list', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `web-${index}`);
    const server = await startApiServer({ [pods]: list(...[...names, 'other'].map((name) => pod(name))) });
    assert.equal((await select(server, { sources: sources(...names) })).length, 20);
    assert.deepEqual(server.asked, [`${pods}?limit=500`]);
  });

  test('the pods of an object by its selector and those of the user', async () => {
    const server = await startApiServer({ [pods]: list(pod('a')), [`${deployments}/web`]: web });
    assert.deepEqual(await select(server, { sources: sources('deploy/web'), labelSelector: 'tier=x' }), ['a/app']);
    assert.deepEqual(server.asked, [`${deployments}/web`, `${pods}?labelSelector=app=web,tier=x&limit=500`]);
  });

  test('an object in every namespace that has it', async () => {
    const item = { metadata: { name: 'web', namespace: 'shop' } };
    const server = await startApiServer({
      '/apis/apps/v1/deployments': list(item),
      [`${deployments}/web`]: web,
      [pods]: list(pod('a')),
    });
    assert.deepEqual(await select(server, { sources: sources('deploy/web'), namespaces: 'all' }), ['a/app']);
    assert.equal(server.asked[0], '/apis/apps/v1/deployments?fieldSelector=metadata.name=web&limit=500');
  });

  test('the pods of every Job of a CronJob, and of no other Job', async () => {
    const jobs = '/apis/batch/v1/namespaces/shop/jobs';
    const ownedBy = (kind: string, name: string, object: Pod): Pod => {
      const ownerReferences = [{ apiVersion: 'batch/v1', kind, name, uid: `uid-of-${name}`, controller: true }];
      return { ...object, metadata: { ...object.metadata, ownerReferences } };
    };
    const server = await startApiServer({
      '/apis/batch/v1/namespaces/shop/cronjobs/nightly': { metadata: { name: 'nightly', uid: 'uid-of-nightly' } },
      [jobs]: list(ownedBy('CronJob', 'nightly', pod('nightly-1')), ownedBy('CronJob', 'weekly', pod('weekly-1'))),
      [`${jobs}/nightly-2`]: ownedBy('CronJob', 'nightly', pod('nightly-2')),
      [`${jobs}/gone`]: notFound('jobs.batch', 'gone'),
      [pods]: list(
        ...['nightly-1', 'nightly-2', 'weekly-1', 'gone', 'nightly-2'].map((job, index) =>
          ownedBy('Job', job, pod(`p${index}`)),
        ),
        pod('p9'),
      ),
    });
    const found = await select(server, { sources: sources('cj/nightly') });
    assert.deepEqual(found, ['p0/app', 'p1/app', 'p4/app']);
    assert.equal(server.asked.filter((each) => each === `${jobs}/nightly-2`).length, 1);
    assert.ok(server.asked.includes(`${pods}?labelSelector=job-name&limit=500`));
  });

  test('the same pod once, however many sources mean it', async () => {
    const server = await startApiServer({
      [pods]: list(pod('web-1'), pod('web-2'), pod('db-1')),
      [`${deployments}/web`]: web,
    });
    const found = await select(server, { sources: [...sources('deploy/web', 'db-1'), { podName: /^web-/ }] });
    assert.deepEqual(found, ['db-1/app', 'web-1/app', 'web-2/app']);
  });

  test('nothing that cannot be a name', async () => {
    const server = await startApiServer({});
    await assert.rejects(select(server, { namespaces: ['a', '..'] }), { code: 'KX_USAGE' });
    await assert.rejects(select(server, { node: 'a,b' }), { code: 'KX_USAGE' });
    assert.deepEqual(server.asked, []);
  });
});

suite('a list that is long', () => {
  test('is read page by page', async () => {
    const pages = [['a', 'b'], ['c'], ['d']];
    const server = await startApiServer({
      [pods]: (request, response) => {
        const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('continue') ?? 0);
        const more = page + 1 < pages.length ? { continue: String(page + 1) } : {};
        const items = pages[page]?.map((name) => pod(name));
        response.end(JSON.stringify({ metadata: { resourceVersion: '7', ...more }, items }));
      },
    });
    assert.deepEqual(await select(server, {}), ['a/app', 'b/app', 'c/app', 'd/app']);
    assert.deepEqual(
      server.asked,
      ['', '&continue=1', '&continue=2'].map((next) => `${pods}?limit=500${next}`),
    );
  });

  test('and expires between its pages is begun again, and then read in one piece', async () => {
    const server = await startApiServer({
      [pods]: (request, response) => {
        const query = new URL(request.url ?? '', 'http://x').searchParams;
        if (query.has('continue')) {
          response.writeHead(410).end(JSON.stringify(failure(410, 'Expired', 'the continue parameter is too old')));
          return;
        }
        const metadata = query.has('limit') ? { continue: 'x' } : {};
        const items = query.has('limit') ? [pod('gone-since')] : [pod('a'), pod('b')];
        response.end(JSON.stringify({ metadata, items }));
      },
    });
    assert.deepEqual(await select(server, {}), ['a/app', 'b/app']);
    assert.equal(server.asked.length, 5);
  });
});

suite('the containers of a selection', () => {
  const rich = pod('rich', {
    containers: ['app', 'proxy'],
    init: ['setup'],
    ephemeral: ['debug'],
    status: {
      initContainerStatuses: [
        { name: 'setup', ready: true, restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
      ],
      ephemeralContainerStatuses: [{ name: 'debug', ready: false, restartCount: 0, state: { running: {} } }],
    },
  });

  const cases: readonly (readonly [what: string, selection: Partial<ContainerSelection>, expected: string[]])[] = [
    ['all of them, in the order of kubectl', {}, ['setup', 'app', 'proxy', 'debug']],
    ['those of some kinds', { kinds: ['init', 'container'] }, ['setup', 'app', 'proxy']],
    ['those that a pattern matches', { containers: /^(app|debug)$/ }, ['app', 'debug']],
    ['those that a pattern matches, of some kinds', { containers: /p/, kinds: ['container'] }, ['app', 'proxy']],
    ['one by its name, of whatever kind', { containers: { name: 'setup' }, kinds: ['container'] }, ['setup']],
    ['those that are not excluded', { excludeContainers: [/^pro/, /bug/] }, ['setup', 'app']],
    ['those in some states', { states: ['terminated'] }, ['setup']],
    ['the first one by default', { containers: 'default' }, ['app']],
    ['none of a pod that is excluded', { excludePods: [/ric/] }, []],
  ];
  for (const [what, selection, expected] of cases) {
    test(`are ${what}`, async () => {
      const server = await startApiServer({ [pods]: list(rich) });
      assert.deepEqual(
        await select(server, selection),
        expected.map((name) => `rich/${name}`),
      );
    });
  }

  test('by default are said, and those of an annotation are not', async () => {
    const annotations = (name: string) => ({ 'kubectl.kubernetes.io/default-container': name });
    const server = await startApiServer({
      [pods]: list(
        pod('a', { containers: ['x', 'y'], annotations: annotations('y') }),
        pod('b', { containers: ['x', 'y'], annotations: annotations('z') }),
        pod('c'),
      ),
    });
    const said: string[] = [];
    assert.deepEqual(await select(server, { containers: 'default' }, said), ['a/y', 'b/x', 'c/app']);
    assert.deepEqual(said.join('\n').split('\n'), [
      'Default container name "z" not found in pod b',
      'Defaulted container "x" out of: x, y',
    ]);
  });

  test('carry what the kubelet says of them', async () => {
    const times = { startedAt: '2026-01-01T12:00:00Z', finishedAt: '2026-01-01T12:01:00Z' };
    const status = {
      containerStatuses: [
        {
          name: 'app',
          ready: true,
          restartCount: 2,
          containerID: 'containerd://1',
          state: { running: { startedAt: times.startedAt } },
        },
        { name: 'pull', ready: false, restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } },
        {
          name: 'once',
          ready: false,
          restartCount: 1,
          containerID: 'containerd://2',
          state: { terminated: { exitCode: 137, reason: 'OOMKilled', ...times } },
        },
      ],
    };
    const evicted = pod('evicted', { phase: 'Failed', status: { reason: 'Evicted', containerStatuses: [] } });
    const pending = pod('pending', { node: '', phase: 'Pending', status: { containerStatuses: undefined } });
    const server = await startApiServer({
      [pods]: list(
        pod('p', { containers: ['app', 'pull', 'once'], status, deleted: '2026-01-01T13:00:00Z' }),
        evicted,
        pending,
      ),
    });
    const found = await listContainers(server.api, everything);
    const show = ({ container, state, reason, exitCode, restarts, containerId, startedAt, ready }: SelectedContainer) =>
      [container, state, reason, exitCode, restarts, containerId, startedAt, ready] as const;
    assert.deepEqual(found.map(show), [
      ['app', 'terminated', 'Evicted', undefined, 0, undefined, undefined, false],
      ['app', 'running', undefined, undefined, 2, 'containerd://1', times.startedAt, true],
      ['pull', 'waiting', 'ImagePullBackOff', undefined, 0, undefined, undefined, false],
      ['once', 'terminated', 'OOMKilled', 137, 1, 'containerd://2', times.startedAt, false],
      ['app', 'waiting', undefined, undefined, 0, undefined, undefined, false],
    ]);
    assert.deepEqual(
      found.map(({ node, deleting }) => [node, deleting]),
      [
        ['node-1', false],
        ['node-1', true],
        ['node-1', true],
        ['node-1', true],
        [undefined, false],
      ],
    );
  });
});

suite('a selection that names', () => {
  test('something that is not there is refused, with similar names', async () => {
    const server = await startApiServer({
      [pods]: list(pod('web-1')),
      [`${pods}/web-2`]: notFound('pods', 'web-2'),
    });
    await assert.rejects(select(server, { sources: sources('web-2') }), {
      code: 'KX_TARGET_NOT_FOUND',
      message: 'pod "web-2" not found in namespace "shop"',
      hint: 'did you mean web-1?',
    });
  });

  test('several things that are not there is refused with all of them', async () => {
    const server = await startApiServer({
      [pods]: list(pod('a')),
      [`${pods}/a`]: pod('a'),
      [`${pods}/b`]: notFound('pods', 'b'),
      [`${pods}/c`]: notFound('pods', 'c'),
      [`${deployments}/web`]: notFound('deployments.apps', 'web'),
      [deployments]: list(),
    });
    await assert.rejects(select(server, { sources: sources('a', 'b', 'c', 'deploy/web') }), {
      code: 'KX_TARGET_NOT_FOUND',
      message: 'deployment "web", pod "b", pod "c" not found in namespace "shop"',
    });
  });

  test('an object that one of its namespaces has is content with that', async () => {
    const other = '/apis/apps/v1/namespaces/other/deployments';
    const server = await startApiServer({
      [`${deployments}/web`]: web,
      [`${other}/web`]: notFound('deployments.apps', 'web'),
      [other]: list(),
      [`${deployments}/no`]: notFound('deployments.apps', 'no'),
      [deployments]: list(),
      [`${other}/no`]: notFound('deployments.apps', 'no'),
      [pods]: list(pod('a')),
    });
    const namespaces = ['shop', 'other'];
    assert.deepEqual(await select(server, { sources: sources('deploy/web'), namespaces }), ['a/app']);
    await assert.rejects(select(server, { sources: sources('deploy/no'), namespaces }), {
      code: 'KX_TARGET_NOT_FOUND',
      message: 'deployment "no" not found in namespaces "shop", "other"',
    });
  });

  test('a pod that a selector leaves out is empty, and no error', async () => {
    const server = await startApiServer({ [pods]: list(), [`${pods}/a`]: pod('a') });
    assert.deepEqual(await select(server, { sources: sources('a'), fieldSelector: 'status.phase=Failed' }), []);
  });

  test('a container that no pod has is refused in the words of kubectl', async () => {
    const server = await startApiServer({
      [pods]: list(pod('a', { containers: ['x', 'y'] }), pod('b', { containers: ['z'] })),
      [`${pods}/a`]: pod('a', { containers: ['x', 'y'] }),
      [`${pods}/b`]: pod('b', { containers: ['z'] }),
    });
    const message = 'container no is not valid for pod a out of: x, y';
    await assert.rejects(select(server, { containers: { name: 'no' } }), { code: 'KX_TARGET_NOT_FOUND', message });
    assert.deepEqual(await select(server, { containers: { name: 'z' } }), ['b/z']);
    const named = { sources: sources('a', 'b'), containers: { name: 'z' } };
    await assert.rejects(select(server, named), { message: /container z is not valid for pod a/ });
  });

  test('what may not be read is refused as the server says it', async () => {
    const server = await startApiServer({ [pods]: forbidden });
    await assert.rejects(select(server, {}), { code: 'KX_FORBIDDEN' });
  });
});
