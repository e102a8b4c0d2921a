import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { v4, websocketServerLink } from '../../../src/lib/remotecommand/index.ts';
import { connectLink, record, upgrade } from './support/links.ts';

const block = Buffer.alloc(64 * 1024, 0x63);

suite('the server end of a WebSocket', { timeout: 120_000 }, () => {
  test('carries messages both ways and leaves out empty ones', async (t) => {
    const { link, peer } = await connectLink(t, { subprotocol: v4 });
    const server = websocketServerLink(peer);
    const [atClient, atServer] = [record(link), record(server)];
    assert.equal(server.subprotocol, v4);
    link.send(0, Buffer.alloc(0));
    link.send(0, Buffer.from('in'));
    server.send(1, Buffer.alloc(0));
    server.send(1, Buffer.from('out'));
    await Promise.all([
      atClient.until(() => atClient.frames.length > 0),
      atServer.until(() => atServer.frames.length > 0),
    ]);
    assert.deepEqual(atServer.frames, [{ channel: 0, bytes: Buffer.from('in') }]);
    assert.deepEqual(atClient.frames, [{ channel: 1, bytes: Buffer.from('out') }]);
  });

  test('frames that came before anybody listened are delivered', async (t) => {
    const { link, peer } = await connectLink(t);
    record(link);
    const server = websocketServerLink(peer);
    link.send(0, Buffer.from('early'));
    // A round trip by another connection: the frame is in this process by then.
    const other = await connectLink(t);
    other.peer.send(Buffer.from('\u0001x'));
    const there = record(other.link);
    await there.until(() => there.frames.length > 0);
    const seen = record(server);
    await seen.until(() => seen.frames.length > 0);
    assert.equal(seen.bytes(0).toString(), 'early');
  });

  for (const how of ['closes', 'vanishes'] as const) {
    test(`a client that ${how} before anybody listened is reported to the first who does`, async (t) => {
      const { socket, peer, link } = await connectLink(t);
      const server = websocketServerLink(peer);
      if (how === 'closes') {
        record(link);
        link.close();
      } else {
        socket.resetAndDestroy();
      }
      const other = await connectLink(t);
      other.peer.close();
      await record(other.link).ended;
      const seen = record(server);
      assert.equal((await seen.ended).clean, how === 'closes');
      assert.deepEqual(seen.events, ['end']);
    });
  }

  test('a link that ended before anybody listened says so', async (t) => {
    const { peer } = await upgrade(t);
    const server = websocketServerLink(peer);
    const gone = once(peer, 'close');
    server.abort('not wanted');
    await gone;
    assert.deepEqual(await record(server).ended, { clean: false, code: 1006, reason: 'not wanted' });
  });

  test('close sends what is left, and takes what the client still sends', async (t) => {
    const { link, peer } = await connectLink(t);
    const server = websocketServerLink(peer);
    const [atClient, atServer] = [record(link), record(server)];
    server.pause();
    for (let i = 0; i < 64; i++) server.send(1, block);
    link.send(0, Buffer.from('late input'));
    server.close();
    assert.deepEqual(await atClient.ended, { clean: true, code: 1000, reason: '' });
    assert.equal((await atServer.ended).clean, true);
    assert.equal(atClient.count(1), 64 * block.length);
    assert.equal(atServer.bytes(0).toString(), 'late input');
    assert.equal(server.send(1, Buffer.from('after')), true);
  });

  test('a client that does not read makes send ask for patience, until it reads again', async (t) => {
    const { link, peer } = await connectLink(t);
    const server = websocketServerLink(peer);
    const [atClient, atServer] = [record(link), record(server)];
    link.pause();
    let sent = 1;
    while (server.send(1, block)) {
      sent++;
      await new Promise(setImmediate);
    }
    assert.ok(server.backlog >= 1 << 20);
    assert.deepEqual(atServer.events, []);
    link.resume();
    await atServer.until(() => atServer.events.includes('drain'));
    await atClient.until(() => atClient.count(1) === sent * block.length);
  });

  test('a paused server holds the client back', async (t) => {
    const { link, peer } = await connectLink(t);
    const server = websocketServerLink(peer);
    const [atClient, atServer] = [record(link), record(server)];
    server.pause();
    let sent = 1;
    while (link.send(0, block)) {
      sent++;
      await new Promise(setImmediate);
    }
    server.resume();
    await atServer.until(() => atServer.count(0) === sent * block.length);
    assert.ok(!atClient.events.includes('end'));
  });

  test('a client that vanishes ends the link with 1006', async (t) => {
    const { socket, peer } = await upgrade(t);
    const seen = record(websocketServerLink(peer));
    socket.destroy();
    const ending = await seen.ended;
    assert.deepEqual([ending.clean, ending.code], [false, 1006]);
  });

  test('a client that breaks the rules ends the link with a reason', async (t) => {
    const { socket, peer } = await upgrade(t);
    const seen = record(websocketServerLink(peer));
    socket.end(Buffer.from([0xf2, 0x00]));
    const ending = await seen.ended;
    assert.equal(ending.clean, false);
    assert.match(ending.reason, /RSV/);
  });

  test('abort drops the connection and says why', async (t) => {
    const { link, peer } = await connectLink(t);
    const server = websocketServerLink(peer);
    const [atClient, atServer] = [record(link), record(server)];
    server.abort('enough');
    assert.deepEqual(await atServer.ended, { clean: false, code: 1006, reason: 'enough' });
    assert.equal((await atClient.ended).code, 1006);
  });
});
