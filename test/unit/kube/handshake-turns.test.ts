import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { handshakeTurns, type ServerHandshakes } from '../../../src/lib/kube/handshake-turns.ts';

const never = new AbortController().signal;
const longPatience = { same: 600_000, other: 600_000 };

/** Begins so many, which all may at once. */
async function beginMany(server: ServerHandshakes, count: number) {
  return Promise.all(Array.from({ length: count }, () => server.begin(never)));
}

/** So that the server is known to need next to no time, and what is under way is late after a moment. */
async function endOne(server: ServerHandshakes): Promise<void> {
  (await server.begin(never))(true);
}

/** Whether it has begun once everything that could let it begin has happened. */
async function hasBegun(begun: Promise<unknown>): Promise<boolean> {
  return Promise.race([begun.then(() => true), sleep(120, false)]);
}

test('while five handshakes are late the next waits, and goes on when one of them ends', async () => {
  const server = handshakeTurns(longPatience)();
  await endOne(server);
  const [first, ...others] = await beginMany(server, 5);
  await sleep(30);
  const next = server.begin(never);
  assert.equal(await hasBegun(next), false);
  first?.(true);
  (await next)(true);
  for (const end of others) end(true);
});

test('handshakes that are not late hold up none, however many there are', async () => {
  const server = handshakeTurns(longPatience)();
  for (const end of await beginMany(server, 500)) end(true);
});

test('those that wait begin in their order, whatever their server is', async () => {
  const newServer = handshakeTurns(longPatience);
  const [one, two] = [newServer(), newServer()];
  await endOne(one);
  const late = await beginMany(one, 5);
  await sleep(30);
  const order: number[] = [];
  const all = [two, one, two, one].map(async (server, index) => {
    const end = await server.begin(never);
    order.push(index);
    end(true);
  });
  assert.equal(await hasBegun(Promise.race(all)), false);
  for (const end of late) end(false);
  await Promise.all(all);
  assert.deepEqual(order, [0, 1, 2, 3]);
});

test('a server that no longer answers holds up no other for longer than the patience', async () => {
  const newServer = handshakeTurns({ ...longPatience, other: 50 });
  const [dead, well] = [newServer(), newServer()];
  await endOne(dead);
  const [oldest] = await beginMany(dead, 64);
  await sleep(30);
  const given = new AbortController();
  const one = dead.begin(given.signal);
  (await well.begin(never))(true);
  oldest?.(false);
  assert.equal(await hasBegun(one), false);
  given.abort(new Error('given up'));
  await assert.rejects(one, /given up/);
});

test('what is sent to a server that no longer answers is not kept for ever', async () => {
  const server = handshakeTurns({ ...longPatience, same: 50 })();
  await endOne(server);
  await beginMany(server, 64);
  await sleep(30);
  await server.begin(never);
});

test('one that is given up while it waits leaves, and its turn goes to the next', async () => {
  const server = handshakeTurns(longPatience)();
  await endOne(server);
  const late = await beginMany(server, 5);
  await sleep(30);
  const given = new AbortController();
  const left = server.begin(given.signal);
  const next = server.begin(never);
  given.abort(new Error('given up'));
  await assert.rejects(left, /given up/);
  await assert.rejects(server.begin(given.signal), /given up/);
  late[0]?.(true);
  (await next)(true);
  for (const end of late) end(true);
});
