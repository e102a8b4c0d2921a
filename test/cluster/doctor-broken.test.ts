/** What the doctor says of a real cluster of which something is broken: that, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterNamespace } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { examine } from './doctor-support.ts';
import { kubectl, ownNamespace, startKubectl } from './support.ts';

const server = (await kubectl('config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}')).trim();
const { hostname, port, pathname } = new URL(server);
const admin = ['--context', 'kx'];

test('a server that does not run', async () => {
  const { failing, find } = await examine([...admin, '--server', `https://127.0.0.1:${await freePort()}`]);
  assert.deepEqual([failing, find('server').details['code']], [['server'], 'KX_UNREACHABLE']);
  assert.match(find('server').message, /connection refused/);
});

test('a server that is another one than its name says', async () => {
  const { failing, find } = await examine([...admin, '--tls-server-name', 'other.example']);
  assert.deepEqual([failing, find('server').details['code']], [['server'], 'KX_UNREACHABLE']);
  assert.match(find('server').message, /the certificate of the server is for another name/);
  assert.match(find('server').hint ?? '', /--tls-server-name/);
});

test('a token of an account that is gone', async () => {
  const namespace = await ownNamespace('doctorgone');
  await kubectl('create', 'serviceaccount', '-n', namespace, 'ann');
  const token = (await kubectl('create', 'token', '-n', namespace, 'ann')).trim();
  const words = ['--context', 'kx-none', '--token', token];
  await kubectl('delete', 'serviceaccount', '-n', namespace, 'ann');
  // A server remembers for some seconds what it knew of a token.
  const { find } = await eventually('it is refused', async () => {
    const answer = await examine(words);
    return answer.failing.join() === 'identity' && answer;
  });
  assert.equal(find('identity').details['code'], 'KX_UNAUTHENTICATED');
  assert.match(find('identity').hint ?? '', /log in again/);
});

test('a pod that has ended', async () => {
  const { failing, find } = await examine([...admin, '-n', clusterNamespace, 'completed']);
  assert.deepEqual([failing, find('target').details['code']], [['target'], 'KX_TARGET_NOT_RUNNING']);
  assert.match(find('target').message, /completed pod/);
});

test('a user who may not exec, with the rule that is missing', async () => {
  const { failing, find, report } = await examine(['--context', 'kx-none', '--command', 'exec', 'one']);
  assert.deepEqual(failing, ['transport.apiserver', 'rights.exec']);
  assert.match(find('rights.exec').message, /^you may not get and create pods\/exec/);
  assert.match(report.rules ?? '', /resources: \[pods\/exec\], verbs: \[get, create\]/);
});

test('a link that breaks under load', async () => {
  const proxy = await startTcpProxy({ host: hostname, port: Number(port || 443) });
  proxy.cutAfter(4 << 20);
  const through = ['--server', `https://127.0.0.1:${proxy.port}${pathname}`, '--tls-server-name', hostname];
  const { failing, find } = await examine([...admin, ...through, '-n', clusterNamespace, 'one']);
  assert.deepEqual([failing, find('throughput').details['code']], [['throughput'], 'KX_CONNECTION_LOST']);
});

test('a proxy that lets everything pass but exec', async () => {
  const proxy = startKubectl(['proxy', '--port=0']);
  const [, address = ''] = await proxy.sees(/Starting to serve on (\S+)/);
  const words = ['--server', `http://${address}`, '-n', clusterNamespace, 'one', '--command', 'exec'];
  const { failing, find } = await examine(words, '/dev/null');
  assert.deepEqual([failing, find('rights.exec').status], [['transport.apiserver'], 'ok']);
  const { message, hint } = find('transport.apiserver');
  assert.match(message, /^something on the way to the server refuses exec/);
  assert.match(hint ?? '', /kubectl proxy/);
});
