import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect, type ApiClient } from '../../../src/lib/kube/index.ts';
import {
  followContainers,
  listContainers,
  type ContainerSelection,
  type SelectedContainer,
} from '../../../src/lib/target/index.ts';
import { startSandbox } from '../../../src/services/sandbox/index.ts';
import { endAfterwards, temporaryFolder } from '../../support/ending.ts';

/** 1,200 pods `web-N` in which nothing runs, and one that ends and starts again. */
const cluster = (fault: string) => `
apiVersion: v1
kind: Node
metadata: { name: node-1 }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, annotations: { sandbox.kx.dev/fault: ${fault} } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web, namespace: shop }
spec:
  replicas: 1200
  template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: main }] } }
---
apiVersion: v1
kind: Pod
metadata: { name: restless, namespace: shop }
spec: { containers: [{ name: main, command: [sleep, '0.1'] }] }
`;

async function withSandbox(fault: string, use: (api: ApiClient) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox({ cluster: cluster(fault) });
  endAfterwards(() => sandbox.close());
  const kubeconfig = join(temporaryFolder(), 'kubeconfig');
  await writeFile(kubeconfig, sandbox.kubeconfig);
  await use(await connect({ kubeconfig }, { env: { KUBECONFIG: devNull }, log: () => {} }));
}

const everything: ContainerSelection = { namespaces: ['shop'], sources: [], containers: 'all' };

suite('a sandbox of many pods', () => {
  test('is listed by pages', async () => {
    await withSandbox("''", async (api) => {
      const pods = '/api/v1/namespaces/shop/pods';
      const page = (query: Record<string, string>) =>
        api.get<{ items: object[]; metadata: { continue?: string } }>(pods, { query: new URLSearchParams(query) });
      const first = await page({ limit: '500' });
      assert.equal(first.items.length, 500);
      const last = await page({ limit: '5000', continue: first.metadata.continue ?? '' });
      assert.equal(last.items.length, 701);
      assert.equal(last.metadata.continue, undefined);
      await assert.rejects(page({ limit: '500', continue: 'x' }), { details: { status: '400', reason: 'BadRequest' } });
      const found = await listContainers(api, everything);
      assert.equal(new Set(found.map(({ pod }) => pod)).size, 1201);
    });
  });

  for (const fault of ['watch-expires=20ms', 'watch-cut=20ms']) {
    test(`is followed without loss or repetition where its watches have the fault ${fault}`, async () => {
      await withSandbox(fault, async (api) => {
        const known = new Map<string, SelectedContainer>();
        for await (const event of followContainers(api, everything)) {
          if (event.type === 'listed') assert.equal(known.size, 1201);
          if (!('container' in event)) continue;
          const { container } = event;
          if (event.type === 'appeared') assert.ok(!known.has(container.pod), `${container.pod} appears again`);
          if (event.type === 'changed') assert.deepEqual(event.previous, known.get(container.pod));
          known.set(container.pod, container);
          if (container.restarts === 2) break;
        }
      });
    });
  }
});
