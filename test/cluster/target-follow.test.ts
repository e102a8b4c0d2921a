import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect, type ApiClient } from '../../src/lib/kube/index.ts';
import {
  listContainers,
  parseReference,
  type ContainerEvent,
  type ContainerSelection,
} from '../../src/lib/target/index.ts';
import { followWith } from '../../src/lib/target/selection/follow-containers.ts';
import { followTimes } from '../../src/lib/target/selection/follow-pods.ts';
import { clusterKubeconfig } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { kubectl, ownNamespace, podManifest } from './support.ts';
import { endAfterwards, temporaryFolder } from '../support/ending.ts';

const sleeper = `    command: [sh, -c, 'trap "exit 0" TERM; while :; do sleep 0.2; done']\n`;
const pinned = { spec: sleeper, node: 'node-1' };
const unready = { ...pinned, ready: false };
const namespace = await ownNamespace('follow', podManifest('one', 'kx-busybox', pinned));
const folder = temporaryFolder();
const everything: ContainerSelection = { namespaces: [namespace], sources: [], containers: 'all' };

function openApi(options: { readonly server?: string } = {}): Promise<ApiClient> {
  const { server } = options;
  const tlsServerName = server === undefined ? {} : { server, tlsServerName: 'kubernetes.default.svc' };
  const flags = { kubeconfig: clusterKubeconfig(), context: 'kx', ...tlsServerName };
  return connect(flags, { env: process.env, log: () => {} });
}

/** Reads events all the time; `until` waits for one. */
function follow(api: ApiClient, selection: ContainerSelection, times: Partial<typeof followTimes> = {}) {
  const controller = new AbortController();
  const events: ContainerEvent[] = [];
  const reading = (async () => {
    const all = followWith(api, selection, { signal: controller.signal }, { ...followTimes, ...times });
    for await (const event of all) events.push(event);
  })();
  reading.catch(() => {});
  endAfterwards(async () => {
    controller.abort();
    await reading;
  });
  return {
    events,
    async until<Type extends ContainerEvent['type']>(
      type: Type,
      isIt: (event: Extract<ContainerEvent, { type: Type }>) => boolean = () => true,
    ): Promise<Extract<ContainerEvent, { type: Type }>> {
      const found = (): Extract<ContainerEvent, { type: Type }> | undefined =>
        events.find(
          (event): event is Extract<ContainerEvent, { type: Type }> =>
            event.type === type && isIt(event as Extract<ContainerEvent, { type: Type }>),
        );
      return Promise.race([
        eventually(`${type} is told`, found, 180_000),
        reading.then(() => Promise.reject(new Error('it ended'))),
      ]);
    },
  };
}

async function apply(name: string, ...pods: string[]): Promise<void> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, pods.join('---\n'));
  await kubectl('apply', '-n', namespace, '-f', file);
}

/** What was told of one pod, in words. */
function told(events: readonly ContainerEvent[], pod: string): string[] {
  return events.flatMap((event) => {
    if (!('container' in event) || event.container.pod !== pod) return [];
    if (event.type !== 'changed') return event.type === 'gone' ? `gone ${event.deleted}` : event.type;
    return `${event.previous.state}->${event.container.state}`;
  });
}

suite('following containers of a real cluster', () => {
  test('tells of a pod that comes, is started again, goes, and comes again under its name', async () => {
    const following = follow(await openApi(), everything);
    await following.until('listed');
    await apply('two', podManifest('two', 'kx-busybox', pinned));
    const appeared = await following.until('appeared', ({ container }) => container.pod === 'two');
    const { uid } = appeared.container;
    const running = await following.until(
      'changed',
      ({ container }) => container.pod === 'two' && container.state === 'running',
    );
    assert.match(running.container.containerId ?? '', /^containerd:\/\//);

    await kubectl('exec', '-n', namespace, 'two', '--', 'kill', '1');
    const again = await following.until(
      'changed',
      ({ container }) => container.pod === 'two' && container.restarts === 1 && container.state === 'running',
    );
    assert.notEqual(again.container.containerId, running.container.containerId);
    assert.equal(again.container.uid, uid);

    await kubectl('delete', 'pod', '-n', namespace, 'two', '--wait=true');
    const gone = await following.until('gone', ({ container }) => container.uid === uid);
    assert.equal(gone.deleted, true);
    await apply('two', podManifest('two', 'kx-busybox', pinned));
    const next = await following.until('appeared', ({ container }) => container.pod === 'two' && container.uid !== uid);
    assert.equal(following.events.indexOf(gone) < following.events.indexOf(next), true);
    await kubectl('delete', 'pod', '-n', namespace, 'two', '--wait=false', '--force');
  });

  test('tells a pod as gone that loses its label, and not as deleted', async () => {
    const following = follow(await openApi(), { ...everything, labelSelector: 'role=worker' });
    await following.until('listed');
    await kubectl('label', 'pod', '-n', namespace, 'one', 'role=worker');
    await following.until('appeared', ({ container }) => container.pod === 'one');
    await kubectl('label', 'pod', '-n', namespace, 'one', 'role-');
    const gone = await following.until('gone');
    assert.equal(gone.deleted, false);
  });

  test('goes on through connections that are cut and frozen, without loss or repetition', async () => {
    const server = new URL((await openApi()).server);
    const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    endAfterwards(() =>
      kubectl('delete', 'pod', '-n', namespace, 'cut', 'frozen', '--wait=false', '--force', '--ignore-not-found'),
    );
    const api = await openApi({ server: `https://127.0.0.1:${proxy.port}` });
    const following = follow(api, everything, { silence: 2000, answer: 2000 });
    await following.until('listed');
    await following.until('appeared', ({ container }) => container.pod === 'one');
    proxy.cut();
    await apply('cut', podManifest('cut', 'kx-busybox', unready));
    await following.until('changed', ({ container }) => container.pod === 'cut' && container.state === 'running');
    proxy.freeze();
    await apply('frozen', podManifest('frozen', 'kx-busybox', unready));
    await kubectl('wait', '-n', namespace, '--for=condition=Ready', 'pod/frozen', '--timeout=60s');
    await following.until('interrupted');
    proxy.thaw();
    await following.until('resumed');
    await following.until('changed', ({ container }) => container.pod === 'frozen' && container.state === 'running');
    for (const pod of ['one', 'cut', 'frozen']) {
      assert.equal(told(following.events, pod).filter((each) => each === 'appeared').length, 1, pod);
    }
  });

  test('lists again when its version has expired, and tells what is different', async () => {
    const api = await openApi();
    // A watch from the first version that there ever was: the server has forgotten it.
    const old: ApiClient = {
      ...api,
      stream: (path, options) => {
        if (!spoil) return api.stream(path, options);
        spoil = false;
        const query = new URLSearchParams(options?.query);
        query.set('resourceVersion', '1');
        return api.stream(path, { ...options, query });
      },
    };
    let spoil = true;
    const following = follow(old, everything, { silence: 1000, steady: 0 });
    await following.until('listed');
    await eventually('the watch was refused', () => !spoil);
    await apply('after', podManifest('after', 'kx-busybox', unready));
    await following.until('appeared', ({ container }) => container.pod === 'after');
    assert.deepEqual(told(following.events, 'one'), ['appeared']);
    await kubectl('delete', 'pod', '-n', namespace, 'after', '--wait=false', '--force');
  });

  test('finds the pods of objects, in all namespaces too, and shows kinds and states', async () => {
    const api = await openApi();
    const inTests = { ...everything, namespaces: ['kx-test'] };
    const list = async (selection: Partial<ContainerSelection>) =>
      (await listContainers(api, { ...inTests, ...selection })).map(({ pod, container, kind, state }) =>
        [pod.replace(/-[a-z0-9]+(-[a-z0-9]{5})?$/, ''), container, kind, state].join(' '),
      );
    assert.equal((await list({ sources: [parseReference('deploy/web')] })).length, 3);
    assert.equal((await list({ sources: [parseReference('deploy/web')], namespaces: 'all' })).length, 3);
    assert.deepEqual(await list({ sources: [parseReference('two')] }), [
      'two first init terminated',
      'two a container running',
      'two b container running',
      'two debugger ephemeral running',
    ]);
    assert.ok((await list({ sources: [parseReference('cj/cron')] })).length >= 1);
    const onNode = await listContainers(api, { ...inTests, node: 'node-2' });
    assert.deepEqual(new Set(onNode.map(({ node }) => node)), new Set(['node-2']));
    await assert.rejects(list({ sources: [parseReference('no-such-pod'), parseReference('deploy/none')] }), {
      code: 'KX_TARGET_NOT_FOUND',
      message: 'deployment "none", pod "no-such-pod" not found in namespace "kx-test"',
    });
  });

  test('is refused with the verb and the resource that are missing', async () => {
    const flags = { kubeconfig: clusterKubeconfig(), context: 'kx-none' };
    const api = await connect(flags, { env: process.env, log: () => {} });
    await assert.rejects(listContainers(api, { ...everything, namespaces: ['kx-test'] }), {
      code: 'KX_FORBIDDEN',
      hint: /must allow the verb "list" on "pods"/,
    });
  });
});
