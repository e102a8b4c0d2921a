import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { enterScript } from '../../../src/lib/privileged/enter-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'kx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const run = join(folder, 'run');
const file = join(folder, 'enter');
writeFileSync(file, enterScript.replaceAll('/proc/1/root/run', run));

const shells = [['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([name = '']) => spawnSync(name, ['-c', 'exit']).error === undefined || spawnSync(name, ['true']).error === undefined,
);
const uid = '2b46f667-aeb4-456e-9ec2-71b9f3574273';

/** What the script says of a container, in the words of its first line. */
function enter(shell: readonly string[], id: string): string {
  const [name = '', ...words] = shell;
  const args = [
    ...words,
    file,
    'NONCE',
    'kind=container',
    `id=${id}`,
    `uid=${uid}`,
    'namespaces=net',
    '--',
    '--',
    'true',
  ];
  const { stderr, status } = spawnSync(name, args, { encoding: 'utf8' });
  assert.equal(status, 125, stderr);
  return stderr.trimEnd();
}

function writeState(path: string, name: string, state: object): void {
  mkdirSync(join(run, path), { recursive: true });
  writeFileSync(join(run, path, name), JSON.stringify(state));
}

/** Field 22 of its stat. */
function startOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

for (const shell of shells) {
  suite(`the script in ${shell[0] ?? ''}`, { skip: process.platform !== 'linux' }, () => {
    test('does not know a container of which no runtime has a state', () => {
      assert.equal(enter(shell, 'nowhere'), 'NONCE refused unknown');
    });

    test('tells a sandboxed runtime, which leaves a bundle and no state', () => {
      mkdirSync(join(run, 'containerd/io.containerd.runtime.v2.task/k8s.io/kata'), { recursive: true });
      assert.equal(enter(shell, 'kata'), 'NONCE refused sandboxed');
      mkdirSync(join(run, 'k3s/containerd/io.containerd.runtime.v2.task/k8s.io/gvisor'), { recursive: true });
      assert.equal(enter(shell, 'gvisor'), 'NONCE refused sandboxed');
    });

    test('refuses a process that has ended', async () => {
      const child = spawn('true');
      const { pid = 0 } = child;
      await once(child, 'exit');
      writeState('containerd/runc/k8s.io/ended', 'state.json', { init_process_pid: pid, init_process_start: 1 });
      assert.equal(enter(shell, 'ended'), 'NONCE refused gone');
    });

    test('refuses a later process of the same number', () => {
      const state = { init_process_pid: process.pid, init_process_start: startOf(process.pid) - 1 };
      writeState('containerd/runc/k8s.io/reused', 'state.json', state);
      assert.equal(enter(shell, 'reused'), 'NONCE refused gone');
    });

    test('refuses a process in a cgroup of something else', () => {
      const state = { id: 'other', init_process_pid: process.pid, init_process_start: startOf(process.pid) };
      writeState('runc/other', 'state.json', state);
      assert.equal(enter(shell, 'other'), 'NONCE refused cgroup');
      const crun = {
        pid: process.pid,
        'process-start-time': startOf(process.pid),
        'cgroup-path': `/pod${uid}/crun-other`,
      };
      writeState('crun/crun-other', 'status', crun);
      assert.equal(enter(shell, 'crun-other'), 'NONCE refused cgroup');
    });

    test('refuses a process that lives and has a state without a start time', () => {
      writeState('runc/no-start', 'state.json', { init_process_pid: process.pid });
      assert.equal(enter(shell, 'no-start'), 'NONCE refused unknown');
    });

    test('takes no number from a string of the configuration', () => {
      const config = { env: ['"init_process_pid":1,"init_process_start":1'] };
      const state = { config, init_process_pid: process.pid, init_process_start: startOf(process.pid) };
      writeState('runc/strings', 'state.json', state);
      assert.equal(enter(shell, 'strings'), 'NONCE refused cgroup');
    });
  });
}
