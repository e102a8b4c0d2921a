import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { after, suite, test } from 'node:test';
import { connect } from '../../src/lib/kube/index.ts';
import { entryFor, openHelperAccess, placeOf, type Place } from '../../src/lib/privileged/index.ts';
import { collect } from '../../src/lib/process/index.ts';
import type { Pod } from '../../src/lib/target/index.ts';
import { clusterKubeconfig, foreignCluster } from '../support/cluster.ts';
import { pexec, startPexec, testImage } from './privileged-support.ts';
import { kubectl, onNode, ownNamespace, podManifest } from './support.ts';

const node = 'node-1';
/** Pods whose container has a mark of its own, and is another one soon after it is told to end. */
const restarting = Array.from({ length: 8 }, (_, index) =>
  podManifest(`again-${index}`, 'kx-busybox', {
    node,
    spec: '    command: [sh, -c, "cat /proc/sys/kernel/random/uuid >/mark; until [ -e /end ]; do sleep 0.05; done"]\n',
  }),
);
const privileged = podManifest('pretender', 'kx-debian', { node, spec: '    securityContext: {privileged: true}\n' });
const namespace = await ownNamespace(
  'escapes',
  podManifest('victim', 'kx-busybox', { node }),
  privileged.replace('spec:\n', 'spec:\n  hostPID: true\n'),
  ...restarting,
);
const { signal } = new AbortController();
const api = await connect({ kubeconfig: clusterKubeconfig(), context: 'kx', namespace }, { env: {}, log: () => {} });
const readPod = (name: string): Promise<Pod> =>
  api.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`, { signal });

suite('no process makes kx enter another container', { skip: foreignCluster }, () => {
  test('a privileged neighbour with the name and the cgroup of the target', async () => {
    const pod = await readPod('victim');
    const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
    const uid = pod.metadata?.uid ?? '';
    const pretend = [
      `for root in /sys/fs/cgroup/*/; do mkdir -p "$root/pod${uid}/${id}"; done`,
      `( for root in /sys/fs/cgroup/*/; do echo $BASHPID >"$root/pod${uid}/${id}/cgroup.procs"; done`,
      `exec -a "runc init ${id} pod${uid}" sleep 1000 ) >/dev/null 2>&1 &`,
      'sleep 1; cat /proc/$!/cgroup; tr "\\0" " " </proc/$!/cmdline',
    ].join('\n');
    const said = await kubectl('exec', '-n', namespace, 'pretender', '--', 'bash', '-c', pretend);
    assert.match(said, new RegExp(`:pids:\\S+/pod${uid}/${id}\n`), 'its cgroup has the name of the target');
    assert.match(said, new RegExp(`runc init ${id}`));
    const ends = ['mnt', 'net', 'pid'].map((name) => `readlink /proc/1/ns/${name}`).join(';');
    const inside = await kubectl('exec', '-n', namespace, 'victim', '--', 'sh', '-c', ends);
    const { stdout, code } = await pexec(['victim', '-n', namespace, '--', 'sh', '-c', ends]);
    assert.deepEqual([stdout.toString(), code], [inside, 0]);
  });

  test('a container that is created again while the helper starts: the one that was meant, or none', async () => {
    const allowed = /KX_(ENTER|TARGET_CHANGED|TARGET_NOT_RUNNING|CONNECTION_LOST)\]/;
    let [entered, refused] = [0, 0];
    for (const index of restarting.keys()) {
      const inPod = (...words: string[]) => kubectl('exec', '-n', namespace, `again-${index}`, '--', ...words);
      const meant = await inPod('cat', '/mark');
      const running = startPexec([`again-${index}`, '-n', namespace, '-v', '1', '--', 'cat', '/mark']);
      await running.sees(/helper pod/);
      await delay(index * 60);
      await inPod('touch', '/end');
      const { stdout, stderr, code } = await running.ended;
      if (code === 125) {
        assert.match(stderr, allowed);
        assert.equal(stdout.toString(), '');
        refused++;
      } else {
        assert.ok(code === 0 || code === 137, stderr);
        assert.ok(stdout.toString() === meant || (code !== 0 && stdout.length === 0), stdout.toString());
        entered++;
      }
    }
    console.log(`# entered ${entered} times, refused ${refused} times`);
  });

  test('a number that is another process’ now, or one in another cgroup', async () => {
    const pod = await readPod('victim');
    const target = { namespace, pod: 'victim', container: 'main', uid: pod.metadata?.uid ?? '' };
    const real = placeOf(pod, target);
    const [reused, foreign] = [`kxtestreused${process.pid}`, `kxtestforeign${process.pid}`];
    const state = (id: string, start: string): string =>
      `mkdir -p /run/crun/${id}; echo '{"pid":'$pid',"process-start-time":'${start}'}' >/run/crun/${id}/status`;
    const write = [
      'pid=$(cat /run/kx/kubelet.pid); read -r line </proc/$pid/stat; set -- ${line##*) }',
      state(reused, '$((${20} - 1))'),
      state(foreign, '${20}'),
    ];
    after(() => onNode(node, 'rm', '-rf', `/run/crun/${reused}`, `/run/crun/${foreign}`));
    await onNode(node, 'sh', '-c', write.join('\n'));
    const nothing = { pullSecrets: [], resources: {}, labels: {}, annotations: {}, keep: false, dns: undefined };
    const access = await openHelperAccess(api, {
      ...{ signal, timeoutMs: 60_000, runtime: real.runtime, reuse: undefined, say: () => {}, log: () => {} },
      spec: {
        ...{ ...nothing, namespace, node, image: testImage, readOnly: true },
        ...{ user: 'test', purpose: 'test', lifetime: 600_000 },
      },
    });
    const enter = (place: Place) =>
      access
        .exec(place, { command: ['id', '-u'], stdin: false, tty: null, entry: entryFor(false) }, signal)
        .then(collect);
    try {
      assert.equal((await enter(real)).stdout.toString(), '0\n');
      await assert.rejects(enter({ ...real, containerId: reused }), { code: 'KX_TARGET_CHANGED', ran: 'no' });
      await assert.rejects(enter({ ...real, containerId: foreign }), {
        code: 'KX_ENTER',
        message: /cgroup of another/,
      });
    } finally {
      await access.close();
    }
  });

  test('two users at once on one container have each their own helper pod', async () => {
    const one = (word: string) =>
      pexec(['victim', '-n', namespace, '-i', '--', 'sh', '-c', 'cat; sleep 1'], { stdin: word });
    const ended = await Promise.all(['a', 'b', 'c'].map(one));
    assert.deepEqual(
      ended.map(({ stdout, code }) => [stdout.toString(), code]),
      [
        ['a', 0],
        ['b', 0],
        ['c', 0],
      ],
    );
  });
});
