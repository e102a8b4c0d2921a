import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { collect } from '../../../src/lib/process/index.ts';
import {
  channels,
  connectProcess,
  exitCodeOf,
  memoryLinkPair,
  serveProcess,
  v4,
  v5,
} from '../../../src/lib/remotecommand/index.ts';
import { connectLink, record, upgrade } from './support/links.ts';
import { exited, playProcess, withStdin, type PlayedProcess } from './support/processes.ts';
import { websocketServerLink } from '../../../src/lib/remotecommand/index.ts';

const block = Buffer.alloc(64 * 1024, 0x65);

/** A served process, played by the test, and the client's end of its link. */
function serve(played: PlayedProcess = playProcess()): {
  played: PlayedProcess;
  client: ReturnType<typeof memoryLinkPair>[0];
  seen: ReturnType<typeof record>;
  served: Promise<void>;
} {
  const [client, link] = memoryLinkPair(v5);
  const served = serveProcess(link, played);
  return { played, client, seen: record(client), served };
}

const codeIn = (bytes: Buffer): number | KxError => exitCodeOf(bytes);

suite('the server half', { timeout: 120_000 }, () => {
  test('sends both outputs, then the Status, then closes; never CLOSE', async () => {
    const { played, seen, served } = serve();
    played.stdout.write('out');
    played.stderr.write('err');
    played.end(37);
    assert.equal((await seen.ended).clean, true);
    await served;
    assert.equal(seen.bytes(channels.stdout).toString(), 'out');
    assert.equal(seen.bytes(channels.stderr).toString(), 'err');
    assert.equal(codeIn(seen.bytes(channels.error)), 37);
    assert.equal(seen.frames.at(-1)?.channel, channels.error);
    assert.ok(!seen.frames.some(({ channel }) => channel === channels.close));
  });

  test('the Status waits for the outputs, even when the exit is known long before', async () => {
    const { played, seen } = serve();
    played.settle(exited(0));
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    assert.deepEqual(seen.frames, []);
    played.stdout.end('last');
    played.stderr.end();
    await seen.ended;
    assert.deepEqual(
      seen.frames.map(({ channel }) => channel),
      [channels.stdout, channels.error],
    );
  });

  test('a process that could not be run becomes a Failure with its words', async () => {
    const { played, seen } = serve();
    played.fail(new Error('exec: "nosuch": executable file not found in $PATH'));
    played.stdout.end();
    played.stderr.end();
    await seen.ended;
    const error = codeIn(seen.bytes(channels.error));
    assert.ok(error instanceof KxError);
    assert.equal(error.code, 'KX_COMMAND_NOT_FOUND');
  });

  test('an output that breaks has ended: the Status follows, and the server lives', async () => {
    const { played, seen } = serve();
    played.stdout.write('before');
    await seen.until(() => seen.frames.length === 1);
    played.stdout.destroy(new Error('EIO'));
    played.stderr.end();
    played.settle(exited(2));
    await seen.ended;
    assert.equal(codeIn(seen.bytes(channels.error)), 2);
  });

  test('stdin and its end reach the process', async () => {
    const { played, client } = serve();
    client.send(channels.stdin, Buffer.from('in'));
    client.send(channels.stdin, Buffer.from('put'));
    client.send(channels.close, Buffer.from([channels.stdin]));
    client.send(channels.stdin, Buffer.from('behind the end'));
    const chunks: Buffer[] = [];
    for await (const chunk of played.stdin) chunks.push(chunk as Buffer);
    assert.equal(Buffer.concat(chunks).toString(), 'input');
  });

  test('a CLOSE of another channel is no end of stdin', async () => {
    const { played, client, seen } = serve();
    client.send(channels.close, Buffer.from([channels.stdout]));
    client.send(channels.stdin, Buffer.from('still open'));
    await new Promise((resolve) => played.stdin.once('data', resolve));
    assert.equal(played.stdin.writableEnded, false);
    played.end(0);
    await seen.ended;
  });

  test('input is held back while the process does not read, and nothing is lost', async () => {
    const { played, client } = serve();
    let sent = 1;
    while (client.send(channels.stdin, block)) {
      sent++;
      await new Promise(setImmediate);
    }
    assert.ok(played.stdin.writableLength <= 1 << 20, `${played.stdin.writableLength} bytes are held`);
    client.send(channels.close, Buffer.from([channels.stdin]));
    let bytes = 0;
    for await (const chunk of played.stdin) bytes += (chunk as Buffer).length;
    assert.equal(bytes, sent * block.length);
  });

  test('a thousand messages in one read while the process does not take input cost one listener', async (t) => {
    const { link, peer } = await connectLink(t);
    const played = playProcess(1);
    const served = serveProcess(websocketServerLink(peer), played);
    record(link);
    for (let i = 0; i < 1000; i++) link.send(channels.stdin, Buffer.from('x'));
    await new Promise((resolve) => played.stdin.once('readable', resolve));
    assert.ok(played.stdin.listenerCount('drain') <= 1, `${played.stdin.listenerCount('drain')} listeners`);
    link.abort('done');
    played.stdin.resume();
    await served;
  });

  test('input for a process whose stdin is gone, or was not asked for, is dropped', async () => {
    const { played, client, seen } = serve();
    played.stdin.destroy(new Error('EPIPE'));
    for (let i = 0; i < 64; i++) client.send(channels.stdin, block);
    client.send(channels.close, Buffer.from([channels.stdin]));
    played.end(0);
    await seen.ended;
    assert.equal(codeIn(seen.bytes(channels.error)), 0);

    const without = { ...playProcess(), stdin: null };
    const [other, link] = memoryLinkPair(v5);
    void serveProcess(link, without);
    const there = record(other);
    for (let i = 0; i < 64; i++) other.send(channels.stdin, block);
    without.stdout.end();
    without.stderr.end();
    without.settle(exited(1));
    await there.ended;
    assert.equal(codeIn(there.bytes(channels.error)), 1);
  });

  test('input that still comes behind the Status does not hold the end back', async () => {
    const { played, client, seen, served } = serve(playProcess(1));
    played.stdin.on('error', () => {});
    played.end(0);
    await seen.until(() => seen.frames.length === 1);
    for (let i = 0; i < 8; i++) client.send(channels.stdin, block);
    await Promise.all([seen.ended, served]);
  });

  test('a process that ends while its input is held back is served to the end', async () => {
    const { played, client, seen, served } = serve(playProcess(1));
    for (let i = 0; i < 8; i++) client.send(channels.stdin, block);
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    played.end(6);
    await Promise.all([seen.ended, served]);
    assert.equal(codeIn(seen.bytes(channels.error)), 6);
  });

  test('a client that does not read holds the process back at a bounded amount', async () => {
    const { played, client, seen } = serve();
    client.pause();
    const total = 256;
    for (let i = 0; i < total; i++) played.stdout.write(block);
    played.end(0);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    assert.ok(played.stdout.readableLength + played.stdout.writableLength > 8 << 20, 'the process was drained');
    client.resume();
    await seen.ended;
    assert.equal(seen.count(channels.stdout), total * block.length);
  });

  test('sizes reach the process, and what is no size changes nothing', async () => {
    const { played, client, seen } = serve();
    client.send(channels.resize, Buffer.from('{"Width":80,"Height":24}'));
    const wrong = ['null', '7', '{', '{"Width":80}', '{"Width":"80","Height":24}', '{"width":1,"height":2}'];
    const beyond = [
      '{"Width":-1,"Height":24}',
      '{"Width":1.5,"Height":24}',
      '{"Width":65536,"Height":24}',
      '{"Width":1e400,"Height":1}',
    ];
    for (const text of [...wrong, ...beyond]) client.send(channels.resize, Buffer.from(text));
    client.send(channels.resize, Buffer.from('{"Width":65535,"Height":0}'));
    client.send(channels.stdin, Buffer.from('.'));
    await new Promise((resolve) => played.stdin.once('data', resolve));
    assert.deepEqual(played.sizes, [
      { width: 80, height: 24 },
      { width: 65535, height: 0 },
    ]);
    played.end(0);
    await seen.ended;
  });

  test('a client that vanishes ends stdin and discards the output; the process goes on', async () => {
    const { played, client, served } = serve();
    const ended = new Promise((resolve) => played.stdin.on('end', resolve).resume());
    client.abort('gone');
    await Promise.all([served, ended]);
    for (let i = 0; i < 64; i++) played.stdout.write(block);
    played.stdout.end();
    await new Promise((resolve) => played.stdout.once('end', resolve));
    assert.deepEqual(played.disconnects, []);
  });

  test('a client that vanishes while it holds the outputs back does not keep the process waiting', async () => {
    const { played, client, served } = serve();
    client.pause();
    for (let i = 0; i < 64; i++) played.stdout.write(block);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    client.abort('gone');
    await served;
    played.end(0);
    await new Promise((resolve) => played.stdout.once('end', resolve));
  });

  test('a client that was gone before is served to the end at once', async (t) => {
    const { socket, peer } = await upgrade(t);
    const gone = new Promise((resolve) => peer.once('close', resolve));
    const link = websocketServerLink(peer);
    link.abort('gone');
    await gone;
    socket.destroy();
    const played = playProcess();
    await serveProcess(link, played);
    assert.ok(played.stdin.writableEnded);
  });

  test('over a hop whose far side cannot be told the end of stdin, the client is told so', async () => {
    const [upstream, far] = memoryLinkPair(v4);
    record(far);
    const [near, link] = memoryLinkPair(v5);
    const served = serveProcess(link, connectProcess(upstream, withStdin));
    const remote = connectProcess(near, withStdin);
    remote.stdin!.end('input');
    await assert.rejects(collect(remote), /cannot be told that its input ended/);
    await served;
  });

  test('a stdin that is not a PassThrough of this test behaves alike: it may fail while it ends', async () => {
    const stdin = new PassThrough({
      final: (done) => done(new Error('EIO')),
    });
    const played = { ...playProcess(), stdin };
    const { client, seen } = serve(played);
    client.send(channels.close, Buffer.from([channels.stdin]));
    await new Promise((resolve) => stdin.once('close', resolve));
    assert.deepEqual(played.disconnects, []);
    played.end(0);
    await seen.ended;
  });
});
