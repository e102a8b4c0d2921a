import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removePod } from '../../../src/lib/node-pod/remove.ts';
import { startApiServer } from '../target/api-server.ts';

const pod = { namespace: 'ns', pod: 'kx-1', uid: 'u' };
const path = '/api/v1/namespaces/ns/pods/kx-1';

test('a deletion whose connection the server cuts is asked for again, once', async () => {
  let cuts = 1;
  const server = await startApiServer({
    [path]: (request, response) => {
      if (cuts-- > 0) request.socket.destroy();
      else response.setHeader('content-type', 'application/json').end('{}');
    },
  });
  assert.equal(await removePod(server.api, pod, 1), undefined);
  assert.equal(server.asked.length, 2);
  cuts = 9;
  assert.equal((await removePod(server.api, pod, 1))?.code, 'KX_UNREACHABLE');
});
