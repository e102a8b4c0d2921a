import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import {
  followContainers,
  listContainers,
  parseReference,
  type ContainerEvent,
  type ContainerSelection,
  type SelectedContainer,
} from '../../../src/lib/target/index.ts';
import { followWith } from '../../../src/lib/target/selection/follow-containers.ts';
import { followTimes, type FollowTimes } from '../../../src/lib/target/selection/follow-pods.ts';
import { eventually } from '../../support/eventually.ts';
import { failure, forbidden, notFound } from './api-server.ts';
import { pod } from './objects.ts';
import { podsPath, startWatchServer, type WatchServer } from './watch-server.ts';
import { endAfterwards } from '../../support/ending.ts';

const everything: ContainerSelection = { namespaces: ['shop'], sources: [], containers: 'all' };
const quick: FollowTimes = { ...followTimes, steady: 0, firstPause: 5, longestPause: 20 };

/** Reads events all the time and gives them one by one. */
function follow(server: WatchServer, selection = everything, times = quick) {
  const said: string[] = [];
  const controller = new AbortController();
  const events = followWith(
    server.api,
    selection,
    { say: (line) => said.push(line), signal: controller.signal },
    times,
  );
  const told: string[] = [];
  const reading = (async () => {
    for await (const event of events) told.push(describe(event));
  })();
  let over = false;
  const ended = reading.finally(() => (over = true));
  ended.catch(() => {});
  endAfterwards(async () => {
    controller.abort();
    await ended.catch(() => {});
  });
  return {
    said,
    async next(): Promise<string> {
      await eventually('there is an event', () => told.length > 0 || over);
      if (told.length === 0) await ended;
      return told.shift() ?? 'end';
    },
    async take(count: number): Promise<string[]> {
      const taken: string[] = [];
      while (taken.length < count) taken.push(await this.next());
      return taken;
    },
  };
}

function describe(event: ContainerEvent): string {
  if (!('container' in event)) return event.type === 'interrupted' ? `interrupted: ${event.error.code}` : event.type;
  const { pod: name, container, uid, state, restarts } = event.container;
  const what = `${event.type} ${name}/${container}`;
  if (event.type === 'changed')
    return `${what} ${event.previous.restarts}->${restarts} ${event.previous.state}->${state}`;
  return event.type === 'gone' ? `${what}${event.deleted ? ' deleted' : ''}` : `${what} ${uid}`;
}

suite('following containers', () => {
  test('begins with what there is, and goes on with what comes, changes and goes', async () => {
    const server = await startWatchServer([pod('b', { containers: ['x', 'y'] }), pod('a')]);
    const events = follow(server);
    assert.deepEqual(await events.take(4), [
      'appeared a/app uid-of-a',
      'appeared b/x uid-of-b',
      'appeared b/y uid-of-b',
      'listed',
    ]);
    server.put(pod('c'));
    assert.equal(await events.next(), 'appeared c/app uid-of-c');
    server.put(pod('c', { restarts: 1 }));
    assert.equal(await events.next(), 'changed c/app 0->1 running->running');
    server.remove('a');
    assert.equal(await events.next(), 'gone a/app deleted');
  });

  test('tells a pod that is created again under its name as gone and appeared', async () => {
    const server = await startWatchServer([pod('db-0', { uid: 'first' })]);
    const events = follow(server);
    assert.deepEqual(await events.take(2), ['appeared db-0/app first', 'listed']);
    // As a watch shows it that has missed the deletion.
    server.put(pod('db-0', { uid: 'second' }));
    assert.deepEqual(await events.take(2), ['gone db-0/app deleted', 'appeared db-0/app second']);
  });

  test('says nothing of changes that concern no container', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server);
    await events.take(2);
    server.put(pod('a', { annotations: { note: 'other' } }));
    server.put(pod('a', { restarts: 1 }));
    assert.equal(await events.next(), 'changed a/app 0->1 running->running');
  });

  test('tells a container as gone that leaves the state that is asked for', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server, { ...everything, states: ['running'] });
    await events.take(2);
    const containerStatuses = [
      { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode: 1 } } },
    ];
    server.put(pod('a', { status: { containerStatuses } }));
    assert.equal(await events.next(), 'gone a/app');
  });

  test('goes on where it was when a watch ends, at once and without a word', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server);
    await events.take(2);
    for (const [index, how] of (['politely', 'cut', 'politely', 'cut'] as const).entries()) {
      await eventually('it watches', () => server.watches === 1);
      server.end(how);
      server.put(pod(`new-${index}`));
      assert.equal(await events.next(), `appeared new-${index}/app uid-of-new-${index}`);
      server.remove(`new-${index}`);
      assert.equal(await events.next(), `gone new-${index}/app deleted`);
    }
    assert.equal(server.asked.filter((each) => !each.includes('watch')).length, 1);
  });

  test('goes on from the last bookmark', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server);
    await events.take(2);
    const next = events.next();
    await eventually('it watches', () => server.watches === 1);
    server.bookmark();
    server.forget();
    server.end('politely');
    await eventually('it watches again', () => server.opened === 2 && server.watches === 1);
    server.put(pod('b'));
    assert.equal(await next, 'appeared b/app uid-of-b');
    assert.equal(server.asked.filter((each) => !each.includes('watch')).length, 1);
  });

  for (const how of ['an ERROR event', 'a refusal'] as const) {
    test(`lists again when the version has expired by ${how}, and tells only what is different`, async () => {
      const server = await startWatchServer([pod('a'), pod('b'), pod('c', { uid: 'first' })]);
      const events = follow(server);
      await events.take(4);
      await eventually('it watches', () => server.watches === 1);
      server.end('cut');
      if (how === 'a refusal') server.refuse(1, failure(410, 'Expired', 'too old resource version'));
      server.remove('a');
      server.put(pod('b', { restarts: 2 }));
      server.put(pod('c', { uid: 'second' }));
      server.put(pod('d'));
      server.forget();
      const told = await events.take(5);
      assert.deepEqual(told, [
        'gone a/app deleted',
        'changed b/app 0->2 running->running',
        'gone c/app deleted',
        'appeared c/app second',
        'appeared d/app uid-of-d',
      ]);
    });
  }

  test('tells once that the cluster cannot be asked, and once that it can again', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server);
    await events.take(2);
    await eventually('it watches', () => server.watches === 1);
    server.refuse(3, failure(500, 'InternalError', 'etcdserver: leader changed'));
    server.end('cut');
    assert.deepEqual(await events.take(2), ['interrupted: KX_REMOTE', 'resumed']);
    server.put(pod('b'));
    assert.equal(await events.next(), 'appeared b/app uid-of-b');
  });

  test('begins a watch again that has been silent for too long', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server, everything, { ...quick, silence: 50 });
    await events.take(2);
    const next = events.next();
    await eventually('it watches for the third time', () => server.opened >= 3);
    server.put(pod('b'));
    assert.equal(await next, 'appeared b/app uid-of-b');
  });

  test('goes on through the refusals of a server that has just started', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server, everything, { ...quick, refusals: 10_000 });
    await events.take(2);
    server.refuse(3, forbidden);
    server.end('cut');
    await eventually('it asks', () => server.watches === 1);
    server.end('cut');
    server.put(pod('b'));
    const told = await events.take(3);
    assert.deepEqual(
      told.filter((each) => !/interrupted|resumed/.test(each)),
      ['appeared b/app uid-of-b'],
    );
  });

  test('ends with refusals that last', async () => {
    const server = await startWatchServer([pod('a')]);
    const events = follow(server, everything, { ...quick, refusals: 100 });
    await events.take(2);
    await eventually('it watches', () => server.watches === 1);
    server.refuse(1_000_000, forbidden);
    server.end('cut');
    assert.equal(await events.next(), 'interrupted: KX_FORBIDDEN');
    await assert.rejects(events.next(), { code: 'KX_FORBIDDEN' });
  });

  test('without the right to list is an error at once', async () => {
    const server = await startWatchServer([pod('a')]);
    server.refuse(1, forbidden);
    const events = follow(server);
    await assert.rejects(events.next(), { code: 'KX_FORBIDDEN' });
  });

  test('of a name that is not there is an error before anything is told', async () => {
    const server = await startWatchServer([pod('a')], { [`${podsPath}/no`]: notFound('pods', 'no') });
    const sources = ['a', 'no'].map(parseReference);
    const events = follow(server, { ...everything, sources: [...sources, { podName: /./ }] });
    await assert.rejects(events.next(), { code: 'KX_TARGET_NOT_FOUND', message: /"no"/ });
  });

  test('ends at once when it is aborted, whatever it is doing', async () => {
    const server = await startWatchServer([pod('a')]);
    for (const phase of ['before', 'listing', 'watching', 'pausing'] as const) {
      const controller = new AbortController();
      if (phase === 'before') controller.abort();
      const events = followContainers(server.api, everything, { signal: controller.signal })[Symbol.asyncIterator]();
      if (phase === 'watching' || phase === 'pausing') {
        await events.next();
        await events.next();
      }
      const next = events.next();
      if (phase === 'watching' || phase === 'pausing') await eventually('it watches', () => server.watches === 1);
      if (phase === 'pausing') {
        server.refuse(1_000_000, failure(500, 'InternalError', 'no'));
        server.end('cut');
        await next;
      }
      await turn();
      controller.abort();
      for (let ended = await next; ended.done !== true;) ended = await events.next();
      await eventually('nothing watches', () => server.watches === 0);
    }
  });

  test('says once which container it took by default', async () => {
    const server = await startWatchServer([pod('a', { containers: ['x', 'y'] })]);
    const events = follow(server, { ...everything, containers: 'default' });
    assert.deepEqual(await events.take(2), ['appeared a/x uid-of-a', 'listed']);
    server.put(pod('a', { containers: ['x', 'y'], restarts: 1 }));
    await events.next();
    assert.deepEqual(events.said, ['Defaulted container "x" out of: x, y']);
  });

  test('loses and repeats nothing, whatever happens to its watch', async () => {
    const names = ['a', 'b', 'c'] as const;
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('put'), name: fc.constantFrom(...names), more: fc.nat(2) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('remove'), name: fc.constantFrom(...names) }) },
      fc.record({
        do: fc.constantFrom('politely', 'cut', 'cut one', 'bookmark', 'forget', 'fail', 'wait', 'wait', 'wait'),
      }),
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const deployment = { spec: { selector: { matchLabels: { app: 'web' } } } };
      const path = '/apis/apps/v1/namespaces/shop/deployments/web';
      const server = await startWatchServer([pod('a')], { [path]: deployment });
      // Two watches that show the same pods.
      const selection = { ...everything, sources: [parseReference('deploy/web'), { podName: /./ }] };
      const gone = new Set<string>();
      const controller = new AbortController();
      const { signal } = controller;
      const events = followWith(server.api, selection, { signal }, { ...quick, firstPause: 1, longestPause: 2 });
      const known = new Map<string, SelectedContainer>();
      const reading = (async () => {
        for await (const event of events) {
          if (!('container' in event)) continue;
          const { container } = event;
          const before = known.get(container.pod);
          if (event.type === 'appeared') assert.equal(before, undefined);
          if (event.type === 'appeared')
            assert.ok(!gone.has(container.uid), `${container.uid} is gone and appears again`);
          if (event.type === 'changed') assert.deepEqual(event.previous, before);
          if (event.type === 'gone') assert.deepEqual(container, before);
          if (event.type === 'gone') {
            known.delete(container.pod);
            gone.add(container.uid);
          } else known.set(container.pod, container);
        }
      })();
      const lives = new Map<string, number>();
      for (const each of steps) {
        if (each.do === 'put' && 'more' in each)
          server.put(pod(each.name, { uid: `${each.name}-${lives.get(each.name) ?? 0}`, restarts: each.more }));
        else if (each.do === 'remove' && 'name' in each) {
          server.remove(each.name);
          lives.set(each.name, (lives.get(each.name) ?? 0) + 1);
        } else if (each.do === 'politely' || each.do === 'cut') server.end(each.do);
        else if (each.do === 'cut one') server.end('cut', 1);
        else if (each.do === 'bookmark') server.bookmark();
        else if (each.do === 'forget') server.forget();
        else if (each.do === 'fail') server.fail(500);
        else await delay(4);
      }
      const there = await listContainers(server.api, everything);
      const isRight = (): boolean => isDeepStrictEqual([...known.values()].sort(byPod), there);
      await Promise.race([reading, eventually('what is known is what is there', isRight)]);
      controller.abort();
      await reading;
    });
    await fc.assert(property, { numRuns: 50 });
  });
});

function byPod(a: SelectedContainer, b: SelectedContainer): number {
  return a.pod < b.pod ? -1 : 1;
}
