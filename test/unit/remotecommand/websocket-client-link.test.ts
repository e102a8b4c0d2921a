import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { v4 } from '../../../src/lib/remotecommand/index.ts';
import { closeFrame, frame, message } from './support/frames.ts';
import { connectLink, connectRawLink, record } from './support/links.ts';

/** Resolves when a socket is gone, with or without an error. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.on('close', () => resolve()));

const block = Buffer.alloc(64 * 1024, 0x62);

suite('the client end of a WebSocket', { timeout: 120_000 }, () => {
  test('carries messages both ways', async (t) => {
    const { link, peer } = await connectLink(t, { subprotocol: v4 });
    const seen = record(link);
    const arrived = once(peer, 'message');
    link.send(0, Buffer.from('to the server'));
    assert.deepEqual((await arrived)[0], Buffer.from('\0to the server'));
    peer.send(Buffer.from('\u0001to the client'));
    await seen.until(() => seen.frames.length > 0);
    assert.deepEqual(seen.frames, [{ channel: 1, bytes: Buffer.from('to the client') }]);
    assert.equal(link.subprotocol, v4);
    assert.equal(peer.protocol, v4);
  });

  test('sends messages whole, in their order, whatever their sizes', async (t) => {
    const { link, peer } = await connectLink(t);
    record(link);
    const sizes = [1, 125, 126, 65534, 65535, 65536, 512 * 1024, 3];
    const got: number[] = [];
    const all = new Promise<void>((resolve) => {
      peer.on('message', (data: Buffer) => {
        got.push(data.length - 1);
        if (got.length === sizes.length) resolve();
      });
    });
    for (const size of sizes) link.send(0, Buffer.alloc(size));
    await all;
    assert.deepEqual(got, sizes);
  });

  test('frames that came with the upgrade are delivered', async (t) => {
    const head = Buffer.concat([message(1, 'early'), message(2, 'bird').subarray(0, 4)]);
    const { link, peer } = await connectRawLink(t, { head });
    const seen = record(link);
    peer.write(message(2, 'bird').subarray(4));
    await seen.until(() => seen.count(2) === 4);
    assert.equal(seen.bytes(1).toString(), 'early');
    assert.equal(seen.bytes(2).toString(), 'bird');
  });

  test('frames that came before anybody listened are delivered', async (t) => {
    const { link, peer } = await connectLink(t);
    await new Promise((resolve) => peer.send(Buffer.from('\u0001early'), resolve));
    const seen = record(link);
    await seen.until(() => seen.count(1) > 0);
    assert.equal(seen.bytes(1).toString(), 'early');
  });

  test('a whole conversation in the bytes behind the upgrade is delivered, with its ending', async (t) => {
    const { link } = await connectRawLink(t, { head: Buffer.concat([message(3, '{}'), closeFrame(1000)]) });
    const seen = record(link);
    assert.deepEqual(await seen.ended, { clean: true, code: 1000, reason: '' });
    assert.deepEqual(seen.events, ['frame', 'end']);
  });

  test('a ping is answered by a pong with its payload', async (t) => {
    const { link, peer } = await connectLink(t);
    record(link);
    const pongs: string[] = [];
    const both = new Promise<void>((resolve) => {
      peer.on('pong', (data) => {
        pongs.push(data.toString());
        if (pongs.at(-1) === 'last') resolve();
      });
    });
    peer.ping('first');
    peer.ping('last');
    await both;
    assert.equal(pongs.at(-1), 'last');
  });

  test('close sends what is left, and the ending is clean', async (t) => {
    const { link, peer } = await connectLink(t);
    const seen = record(link);
    let bytes = 0;
    peer.on('message', (data: Buffer) => (bytes += data.length - 1));
    const peerClosed = once(peer, 'close');
    for (let i = 0; i < 128; i++) link.send(0, block);
    link.close();
    assert.equal((await peerClosed)[0], 1000);
    assert.equal(bytes, 128 * block.length);
    assert.deepEqual(await seen.ended, { clean: true, code: 1000, reason: '' });
  });

  test('what the peer sends before it answers a close is still delivered, even if the link was paused', async (t) => {
    const { link, peer } = await connectLink(t);
    const seen = record(link);
    link.pause();
    for (let i = 0; i < 64; i++) peer.send(Buffer.concat([Buffer.from([1]), block]));
    link.close();
    await seen.ended;
    assert.equal(seen.count(1), 64 * block.length);
    assert.equal(seen.events.at(-1), 'end');
  });

  for (const [code, clean] of [
    [undefined, true],
    [1000, true],
    [1001, false],
    [1011, false],
    [4000, false],
  ] as const) {
    test(`a peer that closes with ${code ?? 'no code'} gets an answer; the ending is ${clean ? '' : 'not '}clean`, async (t) => {
      const { link, peer } = await connectLink(t);
      const seen = record(link);
      peer.send(Buffer.from('\u0001last words'));
      const peerClosed = once(peer, 'close');
      peer.close(code, code === undefined ? undefined : 'why');
      assert.deepEqual(await seen.ended, { clean, code: code ?? 1005, reason: code === undefined ? '' : 'why' });
      assert.equal(seen.bytes(1).toString(), 'last words');
      assert.equal((await peerClosed)[0], code ?? 1000);
    });
  }

  test('a peer that closes but keeps its connection open does not keep this side', async (t) => {
    const { link, peer, socket } = await connectRawLink(t);
    const seen = record(link);
    const gone = closed(socket);
    peer.write(closeFrame(1000));
    await seen.ended;
    await gone;
  });

  test('a peer that never answers a close is left after a while', async (t) => {
    const { link, socket } = await connectRawLink(t);
    const seen = record(link);
    link.close();
    assert.equal((await seen.ended).clean, false);
    assert.ok(socket.destroyed);
  });

  test('a peer that vanishes ends the link with 1006', async (t) => {
    const { link, peerSocket } = await connectLink(t);
    const seen = record(link);
    peerSocket.destroy();
    const ending = await seen.ended;
    assert.deepEqual([ending.clean, ending.code], [false, 1006]);
  });

  test('a peer that resets the connection ends the link with 1006 and the reason', async (t) => {
    const { link, peerSocket } = await connectLink(t);
    const seen = record(link);
    peerSocket.resetAndDestroy();
    const ending = await seen.ended;
    assert.deepEqual([ending.clean, ending.code], [false, 1006]);
    assert.match(ending.reason, /ECONNRESET/);
  });

  test('a connection that was lost before anybody listened is reported to the first who does', async (t) => {
    const { link, socket } = await connectRawLink(t);
    const gone = closed(socket);
    socket.destroy();
    await gone;
    const seen = record(link);
    assert.equal((await seen.ended).code, 1006);
  });

  test('a link that was dropped before anybody listened keeps its reason', async (t) => {
    const { link } = await connectRawLink(t);
    link.abort('not wanted');
    const seen = record(link);
    assert.deepEqual(await seen.ended, { clean: false, code: 1006, reason: 'not wanted' });
  });

  test('a peer that does not read makes send ask for patience, until it reads again', async (t) => {
    const { link, peer } = await connectLink(t);
    const seen = record(link);
    peer.pause();
    let sent = 0;
    while (link.send(0, block)) {
      sent++;
      // Lets the kernel take what it has room for, so that the answer is the peer's and not one turn's.
      await new Promise(setImmediate);
    }
    assert.deepEqual(seen.events, []);
    assert.ok(link.backlog >= 1 << 20);
    let bytes = 0;
    peer.on('message', (data: Buffer) => (bytes += data.length - 1));
    peer.resume();
    await seen.until(() => seen.events.includes('drain'));
    const peerClosed = once(peer, 'close');
    link.close();
    await peerClosed;
    assert.equal(bytes, (sent + 1) * block.length);
    assert.deepEqual(seen.events, ['drain', 'end']);
  });

  test('a paused link takes no more than a bounded amount, a resumed one all of it', async (t) => {
    const paused = await connectLink(t);
    const control = await connectLink(t);
    const seen = record(paused.link, () => {
      if (seen.frames.length === 1) paused.link.pause();
    });
    const whole = record(control.link);
    const size = 512 * block.length;
    for (const { peer } of [paused, control]) {
      for (let i = 0; i < 512; i++) peer.send(Buffer.concat([Buffer.from([1]), block]));
    }
    await whole.until(() => whole.count(1) === size);
    assert.ok(seen.count(1) <= 1 << 20, `${seen.count(1)} bytes came while paused`);
    paused.link.resume();
    await seen.until(() => seen.count(1) === size);
  });

  test('nothing is sent after close', async (t) => {
    const { link, peer } = await connectLink(t);
    const seen = record(link);
    const got: string[] = [];
    peer.on('message', (data: Buffer) => got.push(data.toString()));
    const peerClosed = once(peer, 'close');
    link.send(0, Buffer.from('before'));
    link.close();
    assert.equal(link.send(0, Buffer.from('after')), true);
    link.close();
    peer.ping('no pong either');
    await Promise.all([peerClosed, seen.ended]);
    assert.equal(link.send(0, Buffer.from('long after')), true);
    assert.deepEqual(got, ['\0before']);
  });

  test('abort drops the connection at once and says why', async (t) => {
    const { link, peer } = await connectLink(t);
    const seen = record(link);
    const peerClosed = once(peer, 'close');
    link.abort('enough');
    assert.deepEqual(seen.events, ['end']);
    assert.deepEqual(await seen.ended, { clean: false, code: 1006, reason: 'enough' });
    assert.equal((await peerClosed)[0], 1006);
  });
});

suite('the client end of a WebSocket against an odd or hostile peer', { timeout: 120_000 }, () => {
  for (const [what, bytes, reason] of [
    ['an HTTP answer', Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n'), /reserved bits/],
    ['a text message', frame({ opcode: 1, payload: Buffer.from('hello') }), /not binary/],
    ['zeros', Buffer.alloc(100), /continuation of no message/],
    ['a Status of over 1 MiB', message(3, Buffer.alloc(2 << 20)), /over 1 MiB/],
  ] as const) {
    test(`${what} ends the link with 1006 and a reason`, async (t) => {
      const { link, peer, socket } = await connectRawLink(t);
      const seen = record(link);
      peer.write(bytes);
      const ending = await seen.ended;
      assert.equal(ending.code, 1006);
      assert.match(ending.reason, reason);
      assert.ok(socket.destroyed);
    });
  }

  test('rubbish behind the upgrade ends the link too', async (t) => {
    const { link } = await connectRawLink(t, { head: Buffer.from('rubbish') });
    const seen = record(link);
    assert.equal((await seen.ended).code, 1006);
  });

  test('bytes behind a close frame are not delivered', async (t) => {
    const { link, peer, socket } = await connectRawLink(t);
    const seen = record(link);
    const gone = closed(socket);
    peer.write(Buffer.concat([closeFrame(1000), message(1, 'ghost'), closeFrame(1011, 'again')]));
    assert.deepEqual(await seen.ended, { clean: true, code: 1000, reason: '' });
    peer.end();
    await gone;
    assert.deepEqual(seen.events, ['end']);
  });

  test('no frame comes after an abort, even from the bytes that were there already', async (t) => {
    const { link, peer, socket } = await connectRawLink(t);
    const gone = closed(socket);
    const seen = record(link, () => link.abort('enough'));
    peer.write(Buffer.concat([message(1, 'one'), message(1, 'two'), message(3, '{}')]));
    await gone;
    assert.deepEqual(seen.events, ['frame', 'end']);
  });

  test('a peer that hangs up without a close frame ends the link, although it never takes what is queued', async (t) => {
    const { link, peer } = await connectRawLink(t);
    const seen = record(link);
    while (link.send(0, block)) await new Promise(setImmediate);
    peer.end();
    const ending = await seen.ended;
    assert.deepEqual([ending.clean, ending.code], [false, 1006]);
  });

  test('what came before a hang-up without a close frame is delivered', async (t) => {
    const { link, peer } = await connectRawLink(t);
    const seen = record(link);
    for (let i = 0; i < 32; i++) peer.write(message(1, block));
    peer.end();
    await seen.ended;
    assert.equal(seen.count(1), 32 * block.length);
  });

  test('a peer that pings and does not read cannot fill the memory', async (t) => {
    const { link, peer } = await connectRawLink(t);
    let most = 0;
    const seen = record(link, () => (most = Math.max(most, link.backlog)));
    const ping = frame({ opcode: 9, payload: Buffer.alloc(125) });
    const burst = Buffer.concat([...Array.from({ length: 8000 }, () => ping), message(1, '.')]);
    for (let i = 0; i < 24; i++) if (!peer.write(burst)) await once(peer, 'drain');
    await seen.until(() => seen.frames.length === 24);
    assert.ok(most < 64 * 1024, `${most} bytes of pongs are queued`);
  });

  const actions: Record<string, (ends: Awaited<ReturnType<typeof connectLink>>) => void> = {
    close: ({ link }) => link.close(),
    abort: ({ link }) => link.abort('x'),
    'pause and resume': ({ link }) => {
      link.pause();
      link.resume();
    },
    'peer closes': ({ peer }) => peer.close(1000),
    'peer closes while paused': ({ link, peer }) => {
      link.pause();
      peer.close(1000);
      link.resume();
    },
    'peer hangs up': ({ peerSocket }) => peerSocket.end(),
    'peer vanishes': ({ peerSocket }) => peerSocket.destroy(),
    // libuv leaks a socket that is reset while its end is under way.
    'peer resets': ({ peerSocket }) => (peerSocket.writableEnded ? peerSocket.destroy() : peerSocket.resetAndDestroy()),
  };
  for (const [first, act] of Object.entries(actions)) {
    test(`the end comes exactly once when first: ${first}, then: anything else`, async (t) => {
      for (const then of Object.values(actions)) {
        for (const wait of [false, true]) {
          const ends = await connectLink(t);
          const gone = closed(ends.socket);
          const seen = record(ends.link);
          ends.peer.send(Buffer.from('\u0001frame'));
          act(ends);
          if (wait) await new Promise(setImmediate);
          then(ends);
          ends.link.close();
          await Promise.all([seen.ended, gone]);
          ends.link.close();
          ends.link.abort('late');
          assert.equal(seen.events.filter((event) => event === 'end').length, 1);
          assert.equal(seen.events.at(-1), 'end');
        }
      }
    });
  }
});
