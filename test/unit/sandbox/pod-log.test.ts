import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, suite, test } from 'node:test';
import { connect, type ApiClient } from '../../../src/lib/kube/index.ts';
import { startSandbox } from '../../../src/services/sandbox/index.ts';
import { eventually } from '../../support/eventually.ts';
import { endAfterwards, temporaryFolder } from '../../support/ending.ts';

const pod = (name: string, annotations: string, command = '') => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, annotations: { ${annotations} } }
spec: { restartPolicy: Never, containers: [{ name: main${command === '' ? '' : `, command: [sh, -c, '${command}']`} }] }
---`;

const cluster = `
apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
${pod('both', '', 'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three')}
${pod('counts', 'sandbox.kx.dev/log: rate=2000 lines=1000')}
${pod('cut', 'sandbox.kx.dev/log: rate=2000 length=9 lines=1000, sandbox.kx.dev/fault: log-cut-after=4KiB')}
${pod('rotated', 'sandbox.kx.dev/log: rate=2000 length=9 lines=1000, sandbox.kx.dev/fault: log-rotate=2KiB')}
${pod('busy', 'sandbox.kx.dev/log: lines=0, sandbox.kx.dev/fault: refuse-log=429x1')}
${pod('broken', 'sandbox.kx.dev/fault: refuse-log=500')}
`;

suite('the log of a pod in the sandbox', () => {
  let api: ApiClient;
  let folder: string;

  before(async () => {
    const sandbox = await startSandbox({ cluster });
    endAfterwards(() => sandbox.close());
    folder = temporaryFolder();
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, sandbox.kubeconfig);
    api = await connect({ kubeconfig }, { env: { KUBECONFIG: devNull }, log: () => {} });
  });

  async function read(name: string, query: Record<string, string> = {}): Promise<string> {
    const path = `/api/v1/namespaces/default/pods/${name}/log`;
    return text(await api.stream(path, { query: new URLSearchParams(query) }));
  }

  async function whole(name: string, lines: number): Promise<string> {
    return eventually('the log is complete', async () => {
      const log = await read(name);
      return log.split('\n').length > lines && log;
    });
  }

  test('can be had by stream, and then not by its last lines', async () => {
    assert.equal(await whole('both', 3), 'one\ntwo\nthree\n');
    assert.equal(await read('both', { stream: 'Stdout' }), 'one\nthree\n');
    assert.equal(await read('both', { stream: 'Stderr' }), 'two\n');
    assert.equal(await read('both', { stream: 'All', tailLines: '1' }), 'three\n');
    await assert.rejects(read('both', { stream: 'Stdout', tailLines: '1' }), { message: /mutually exclusive/ });
  });

  test('begins at whole seconds', async () => {
    await whole('both', 3);
    const stamped = (await read('both', { timestamps: 'true' })).split('\n');
    const last = stamped[2]?.split(' ')[0] ?? '';
    const since = await read('both', { sinceTime: last });
    const second = last.slice(0, 19);
    assert.equal(since.split('\n').length - 1, stamped.filter((line) => line.slice(0, 19) >= second).length);
    assert.equal(await read('both', { sinceTime: '2100-01-01T00:00:00Z' }), '');
  });

  test('followed ends with the container and misses nothing', async () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join('');
    assert.equal(await read('counts', { follow: 'true' }), numbers);
    assert.equal(await read('counts', { follow: 'true', tailLines: '2' }), '999\n1000\n');
    assert.equal(await read('counts', { limitBytes: '5' }), '1\n2\n3');
  });

  test('is cut where that is asked for', async () => {
    await assert.rejects(read('cut', { follow: 'true' }), { code: 'ECONNRESET' });
  });

  test('that is rotated shows only its newest lines', async () => {
    const log = await eventually('it has ended', async () => {
      const lines = await read('rotated');
      return lines.endsWith('1000 xxxx\n') && lines;
    });
    assert.ok(log.length <= 2048 + 10);
  });

  test('is refused as often as was asked', async () => {
    assert.equal(await read('busy'), '');
    await assert.rejects(read('broken'), { details: { status: '500' } });
    await assert.rejects(read('broken'), { details: { status: '500' } });
  });
});
