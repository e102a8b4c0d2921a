import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connectWith, oneContext } from './support/scene.ts';

test('a deletion has its options with it, and the request behind it is one of its own', async (t) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''} ${Buffer.concat(chunks).toString()}`);
      response.setHeader('Content-Type', 'application/json').end('{"kind":"Pod"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const client = await connectWith(t, oneContext({ server: `http://127.0.0.1:${port}` }));
  assert.deepEqual(await client.delete('/pods/a', { gracePeriodSeconds: 3600 }), { kind: 'Pod' });
  await client.get('/pods');
  assert.deepEqual(seen, ['DELETE /pods/a {"gracePeriodSeconds":3600}', 'GET /pods ']);
});
