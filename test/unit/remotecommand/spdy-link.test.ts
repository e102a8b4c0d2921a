import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { channels } from '../../../src/lib/remotecommand/index.ts';
import {
  canceled,
  createSpdyDecoder,
  encodeControl,
  encodeData,
  fin,
  frameTypes,
} from '../../../src/lib/remotecommand/spdy-codec.ts';
import { createHeaderEncoder } from '../../../src/lib/remotecommand/spdy-headers.ts';
import { connectRawSpdyLink, connectRawSpdyServer, connectSpdyLinks, record } from './support/links.ts';

const streams = { stdin: true, stdout: true, stderr: true, tty: false };
/** As client-go numbers them. */
const ids = { error: 1, stdin: 3, stdout: 5, stderr: 7 };
const none = Buffer.alloc(0);
const replies = Buffer.concat(Object.values(ids).map((id) => encodeControl(frameTypes.synReply, [id])));
const ending = Buffer.concat([ids.stdout, ids.stderr, ids.error].map((id) => encodeData(id, none, fin)));

/** What a peer gets: the data of each stream, and the types of its control frames. */
function readFrames(peer: Socket): { data: Map<number, string>; ended: Set<number>; controls: string[] } {
  const seen = { data: new Map<number, string>(), ended: new Set<number>(), controls: [] as string[] };
  const decode = createSpdyDecoder({
    onData(stream, bytes, last) {
      seen.data.set(stream, (seen.data.get(stream) ?? '') + bytes.toString());
      if (last) seen.ended.add(stream);
    },
    onControl: (type, _flags, payload) => seen.controls.push(`${type} ${payload.toString('hex')}`),
  });
  peer.on('data', decode);
  return seen;
}

suite('the client end of SPDY', { timeout: 60_000 }, () => {
  test('sends nothing before its streams are taken, and then everything', async (t) => {
    const { link, peer } = await connectRawSpdyLink(t, streams);
    const frames = readFrames(peer);
    const seen = record(link);
    link.send(channels.stdin, Buffer.from('in'));
    link.send(channels.close, Buffer.from([channels.stdin]));
    // A ping is answered by the peer's reading, which is behind what came before it.
    peer.write(encodeControl(frameTypes.ping, [2]));
    while (frames.controls.length < 4) await once(peer, 'data');
    assert.deepEqual([...frames.data], []);
    peer.write(replies);
    while (!frames.ended.has(ids.stdin)) await once(peer, 'data');
    assert.deepEqual([...frames.data], [[ids.stdin, 'in']]);
    assert.ok(frames.controls.includes(`${frameTypes.ping} 00000002`));
    peer.write(
      Buffer.concat([encodeData(ids.stdout, Buffer.from('out')), encodeData(ids.error, Buffer.from('{}')), ending]),
    );
    assert.deepEqual(await seen.ended, { clean: true, code: 1000, reason: '' });
    assert.deepEqual([seen.bytes(channels.stdout).toString(), seen.bytes(channels.error).toString()], ['out', '{}']);
  });

  test('tells a Status whole, when its stream ends', async (t) => {
    const { link, peer } = await connectRawSpdyLink(t, streams);
    const seen = record(link);
    peer.write(
      Buffer.concat([
        replies,
        encodeData(ids.error, Buffer.from('{"status":')),
        encodeData(ids.stdout, Buffer.from('x')),
      ]),
    );
    await seen.until(() => seen.count(channels.stdout) === 1);
    assert.equal(seen.count(channels.error), 0);
    peer.write(Buffer.concat([encodeData(ids.error, Buffer.from('"Success"}')), ending]));
    await seen.ended;
    assert.deepEqual(
      seen.frames.filter(({ channel }) => channel === channels.error).map(({ bytes }) => bytes.toString()),
      ['{"status":"Success"}'],
    );
  });

  test('streams that are canceled are over, as containerd ends them', async (t) => {
    const { link, peer } = await connectRawSpdyLink(t, streams);
    const seen = record(link);
    const resets = Object.values(ids).map((id) => encodeControl(frameTypes.rstStream, [id, canceled]));
    peer.write(Buffer.concat([replies, encodeData(ids.error, Buffer.from('{}')), ...resets]));
    assert.equal((await seen.ended).clean, true);
    assert.equal(seen.bytes(channels.error).toString(), '{}');
  });

  test('a connection that says it goes away, or is cut, without a Status tells none', async (t) => {
    for (const last of [encodeControl(frameTypes.goAway, [0, 0]), none]) {
      const { link, peer } = await connectRawSpdyLink(t, streams);
      const seen = record(link);
      peer.end(Buffer.concat([replies, encodeData(ids.stdout, Buffer.from('half')), last]));
      await seen.ended;
      assert.deepEqual([seen.bytes(channels.stdout).toString(), seen.count(channels.error)], ['half', 0]);
    }
  });

  test('a peer that never takes the streams, nor answers pings, is lost, whatever waits to be sent', async (t) => {
    const liveness = { tickMs: 40, probe: () => Promise.resolve(true) };
    const { link, peer } = await connectRawSpdyLink(t, streams, { liveness });
    const frames = readFrames(peer);
    const seen = record(link);
    while (link.send(channels.stdin, Buffer.alloc(64 * 1024)));
    assert.match((await seen.ended).reason, /pings were not answered/);
    assert.ok(frames.controls.some((each) => each.startsWith(`${frameTypes.ping} `)));
    assert.deepEqual([...frames.data], []);
  });

  for (const [what, bytes] of [
    ['a stream that is refused', encodeControl(frameTypes.rstStream, [ids.stdout, 3])],
    ['a stream that is canceled before it was taken', encodeControl(frameTypes.rstStream, [ids.stdout, canceled])],
    ['a stream that breaks off', Buffer.concat([replies, encodeControl(frameTypes.rstStream, [ids.stdout, 6])])],
    ['data of a stream that was never opened', Buffer.concat([replies, encodeData(99, Buffer.from('x'))])],
    ['data of a stream with the number of a server', Buffer.concat([replies, encodeData(2, Buffer.from('x'))])],
    ['a stream that the server opens', encodeControl(frameTypes.synStream, [2, 0], Buffer.alloc(20))],
    ['a Status of over 1 MiB', Buffer.concat([replies, encodeData(ids.error, Buffer.alloc((1 << 20) + 1))])],
    ['what is no SPDY', Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n')],
  ] as const) {
    test(`${what} loses the connection`, async (t) => {
      const { link, peer } = await connectRawSpdyLink(t, streams);
      const seen = record(link);
      peer.end(bytes);
      const { clean, code } = await seen.ended;
      assert.deepEqual({ clean, code }, { clean: false, code: 1006 });
      assert.equal(seen.count(channels.error), 0);
    });
  }
});

suite('the server end of SPDY', { timeout: 60_000 }, () => {
  test('has the streams of a terminal, and reads its sizes however they are cut', async (t) => {
    const [client, server] = await connectSpdyLinks(t, { stdin: true, stdout: true, stderr: false, tty: true });
    const [there, here] = [record(server), record(client)];
    for (const piece of ['{"Width":1,"Hei', 'ght":2}{"Width":3,', '"Height":4}'])
      client.send(channels.resize, Buffer.from(piece));
    client.send(channels.stdin, Buffer.from('key'));
    await there.until(() => there.count(channels.stdin) === 3);
    const sizes = there.frames
      .filter(({ channel }) => channel === channels.resize)
      .map(({ bytes }) => bytes.toString());
    assert.deepEqual(sizes, ['{"Width":1,"Height":2}', '{"Width":3,"Height":4}']);
    server.send(channels.stdout, Buffer.from('screen'));
    server.send(channels.error, Buffer.from('{}'));
    server.close();
    assert.equal((await here.ended).clean, true);
    assert.deepEqual([here.bytes(channels.stdout).toString(), here.bytes(channels.error).toString()], ['screen', '{}']);
  });

  test('what was sent, and even the end, waits for the streams', async (t) => {
    const { server, peer } = await connectRawSpdyServer(t, { ...streams, stdin: false });
    const frames = readFrames(peer);
    record(server);
    server.send(channels.stdout, Buffer.from('out'));
    server.send(channels.error, Buffer.from('{}'));
    server.close();
    const encode = createHeaderEncoder();
    for (const [id, streamtype] of [
      [1, 'error'],
      [3, 'stdout'],
      [5, 'stderr'],
    ] as const) {
      peer.write(
        encodeControl(frameTypes.synStream, [id, 0], Buffer.concat([Buffer.alloc(2), encode({ streamtype })])),
      );
    }
    await once(peer, 'end');
    assert.deepEqual([frames.data.get(1), frames.data.get(3), frames.ended.size], ['{}', 'out', 3]);
  });

  test('a stream that nobody awaits loses the connection', async (t) => {
    const [client, server] = await connectSpdyLinks(t, streams, { ...streams, stdin: false });
    record(client);
    assert.equal((await record(server).ended).clean, false);
  });
});
