import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { V1SecurityContext } from '@kubernetes/client-node';
import { createName, helperOf, userOf } from '../../../src/lib/helper-container/manifest.ts';
import { findHelper } from '../../../src/lib/helper-container/reuse.ts';
import type { Json, Pod } from '../../../src/lib/target/index.ts';
import { pod } from '../target/objects.ts';

type SecurityContext = Json<V1SecurityContext>;

/** A pod whose container `app` has this security; `ofPod` is that of the pod, `seen` what its node reports. */
function secured(own: SecurityContext, ofPod: SecurityContext = {}, seen?: { uid: number; gid: number }): Pod {
  const plain = pod('web', { containers: ['app', 'side'] });
  const [app, side] = plain.spec?.containers ?? [];
  const [appStatus, sideStatus] = plain.status?.containerStatuses ?? [];
  assert.ok(app && side && appStatus && sideStatus && plain.spec);
  const user = seen === undefined ? {} : { user: { linux: seen } };
  return {
    ...plain,
    spec: { ...plain.spec, securityContext: ofPod, containers: [side, { ...app, securityContext: own }] },
    status: { ...plain.status, containerStatuses: [sideStatus, { ...appStatus, ...user }] },
  };
}

suite('the user of a helper', () => {
  const cases: readonly (readonly [string, Pod, ReturnType<typeof userOf>])[] = [
    ['is the one that the node reports', secured({ runAsUser: 1 }, {}, { uid: 7, gid: 8 }), { uid: 7, gid: 8 }],
    ['is else that of the container', secured({ runAsUser: 1, runAsGroup: 2 }, { runAsUser: 3 }), { uid: 1, gid: 2 }],
    ['is else that of the pod', secured({}, { runAsUser: 3, runAsGroup: 4 }), { uid: 3, gid: 4 }],
    ['has the group of its image where none is named', secured({ runAsUser: 1 }), { uid: 1, gid: undefined }],
    ['is root where nothing names one', secured({}), { uid: 0, gid: 0 }],
    ['cannot be told when it is only known not to be root', secured({}, { runAsNonRoot: true }), undefined],
    [
      'is what the container says of root, not the pod',
      secured({ runAsNonRoot: false }, { runAsNonRoot: true }),
      { uid: 0, gid: 0 },
    ],
  ];
  for (const [what, of, user] of cases) test(what, () => assert.deepEqual(userOf(of, 'app'), user));
});

suite('the manifest of a helper', () => {
  const as = (uid: number, own: SecurityContext = {}) =>
    helperOf(secured(own), 'app', { uid, gid: 9 }, { image: 'tools:1', name: 'kx-cp-xxxxx' });

  test('of a user is what the Pod Security level "restricted" wants', () => {
    assert.deepEqual(as(1000, { capabilities: { add: ['NET_BIND_SERVICE'] }, privileged: false }), {
      name: 'kx-cp-xxxxx',
      image: 'tools:1',
      imagePullPolicy: 'IfNotPresent',
      command: ['sleep', '3600'],
      targetContainerName: 'app',
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 9,
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
  });

  test('of root has the capabilities of its container, without which the kernel shows no files', () => {
    const root = { runAsUser: 0, runAsGroup: 9, runAsNonRoot: false, seccompProfile: { type: 'RuntimeDefault' } };
    const dropped = { drop: ['ALL'], add: ['CHOWN'] };
    assert.deepEqual(as(0).securityContext, { ...root, allowPrivilegeEscalation: false });
    assert.deepEqual(as(0, { capabilities: dropped }).securityContext, {
      ...root,
      allowPrivilegeEscalation: false,
      capabilities: dropped,
    });
    const admin = { add: ['SYS_ADMIN'] };
    assert.deepEqual(as(0, { capabilities: admin }).securityContext, { ...root, capabilities: admin });
    assert.deepEqual(as(0, { privileged: true }).securityContext, { ...root, capabilities: { add: ['SYS_PTRACE'] } });
  });

  test('has the security labels of its container', () => {
    const labels = { seLinuxOptions: { level: 's0:c1,c2' }, appArmorProfile: { type: 'Unconfined' } };
    const { seLinuxOptions, appArmorProfile } = as(1000, labels).securityContext ?? {};
    assert.deepEqual({ seLinuxOptions, appArmorProfile }, labels);
  });

  test('has a name that nobody else has', () => {
    const names = Array.from({ length: 50 }, createName);
    assert.ok(names.every((name) => /^kx-cp-[a-z0-9]{5}$/.test(name)));
    assert.equal(new Set(names).size, 50);
  });
});

suite('a helper that runs', () => {
  const noon = Date.parse('2026-01-01T12:00:00Z');
  const wanted = helperOf(secured({}), 'app', { uid: 5, gid: 5 }, { image: 'tools:1', name: 'kx-cp-wants' });

  function withHelper(
    changes: Partial<typeof wanted>,
    state: object = { running: { startedAt: '2026-01-01T11:50:00Z' } },
  ) {
    const plain = pod('web');
    assert.ok(plain.spec);
    // A server shows its own defaults too.
    const securityContext = { ...wanted.securityContext, procMount: 'Default', ...changes.securityContext };
    const there = { ...wanted, name: 'kx-cp-there', terminationMessagePath: '/log', ...changes, securityContext };
    const status = { name: there.name, image: '', imageID: '', ready: false, restartCount: 0, state };
    return {
      ...plain,
      spec: { ...plain.spec, ephemeralContainers: [there] },
      status: { ...plain.status, ephemeralContainerStatuses: [status] },
    };
  }

  test('is used again', () => assert.equal(findHelper(withHelper({}), wanted, noon), 'kx-cp-there'));

  const others: readonly (readonly [string, Partial<typeof wanted>])[] = [
    ['has another image', { image: 'tools:2' }],
    ['is for another container', { targetContainerName: 'side' }],
    ['is of another user', { securityContext: { ...wanted.securityContext, runAsUser: 6 } }],
    ['is not of kx', { name: 'debugger-kx-cp-1' }],
  ];
  for (const [why, changes] of others) {
    test(`is left alone when it ${why}`, () => assert.equal(findHelper(withHelper(changes), wanted, noon), undefined));
  }

  test('is left alone when it has ended, has not begun, or soon ends', () => {
    const states = [
      { terminated: { exitCode: 0 } },
      { waiting: {} },
      { running: { startedAt: '2026-01-01T11:20:00Z' } },
    ];
    for (const state of states) assert.equal(findHelper(withHelper({}, state), wanted, noon), undefined);
  });
});
