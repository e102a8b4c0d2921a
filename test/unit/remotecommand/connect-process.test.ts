import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { collect } from '../../../src/lib/process/index.ts';
import {
  channels,
  connectProcess,
  memoryLinkPair,
  statusOfExit,
  v4,
  v5,
  type FrameLink,
  type Subprotocol,
} from '../../../src/lib/remotecommand/index.ts';
import { record, type Recording } from './support/links.ts';
import { withStdin, withoutStdin } from './support/processes.ts';

const block = Buffer.alloc(64 * 1024, 0x64);
const status = (code: number): Buffer => Buffer.from(JSON.stringify(statusOfExit({ code })));

/** A client half, and the server's end of its link, which the test plays. */
function connect(
  request = withStdin,
  subprotocol: Subprotocol = v5,
): {
  remote: ReturnType<typeof connectProcess>;
  link: FrameLink;
  server: FrameLink;
  seen: Recording;
} {
  const [link, server] = memoryLinkPair(subprotocol);
  const remote = connectProcess(link, request);
  return { remote, link, server, seen: record(server) };
}

const lost = (error: unknown): boolean =>
  error instanceof KxError && error.code === 'KX_CONNECTION_LOST' && error.exit === 125;

suite('the client half: how a command ends', { timeout: 120_000 }, () => {
  for (const code of [0, 1, 37, 255]) {
    test(`a Status behind the output is exit code ${code}`, async () => {
      const { remote, server } = connect(withoutStdin);
      server.send(channels.stdout, Buffer.from('out'));
      server.send(channels.stderr, Buffer.from('err'));
      server.send(channels.error, status(code));
      server.close();
      const { stdout, stderr, status: exit } = await collect(remote);
      assert.deepEqual([stdout.toString(), stderr.toString(), exit.code], ['out', 'err', code]);
      assert.deepEqual([exit.proven, exit.inputLeft, exit.inputSent], [false, 'none', 0]);
      assert.equal(await remote.started, 'confirmed');
    });
  }

  test('output that comes behind the Status is not lost', async () => {
    const { remote, server } = connect(withoutStdin);
    server.send(channels.error, status(0));
    server.send(channels.stdout, block);
    server.send(channels.stderr, Buffer.from('late'));
    server.close();
    const { stdout, stderr } = await collect(remote);
    assert.deepEqual([stdout.length, stderr.toString()], [block.length, 'late']);
  });

  test('a server that never closes after its Status does not keep the command', async () => {
    const { remote, server, seen } = connect(withoutStdin);
    server.send(channels.stdout, Buffer.from('out'));
    server.send(channels.error, status(3));
    const { stdout, status: exit } = await collect(remote);
    assert.deepEqual([stdout.toString(), exit.code], ['out', 3]);
    assert.equal((await seen.ended).clean, true);
  });

  test('the first Status counts', async () => {
    const { remote, server } = connect(withoutStdin);
    server.send(channels.error, status(3));
    server.send(channels.error, status(0));
    server.close();
    assert.equal((await collect(remote)).status.code, 3);
  });

  test('a link that breaks behind the Status does not take the exit code away', async () => {
    const { remote, server } = connect(withoutStdin);
    server.send(channels.error, status(4));
    server.abort('reset');
    assert.equal((await collect(remote)).status.code, 4);
  });

  for (const how of ['close', 'abort'] as const) {
    test(`a stream that ends without a Status (${how}) is KX_CONNECTION_LOST, never a success`, async () => {
      const { remote, server } = connect(withoutStdin);
      server.send(channels.stdout, Buffer.from('looks complete'));
      server[how]('gone');
      await assert.rejects(collect(remote), lost);
      await assert.rejects(remote.exit, how === 'close' ? /close code 1000/ : /close code 1006: gone/);
    });
  }

  test('a Failure that is no exit code rejects with what it stands for', async () => {
    const { remote, server } = connect(withoutStdin);
    const message = 'exec: "nosuch": executable file not found in $PATH';
    server.send(channels.error, Buffer.from(JSON.stringify({ status: 'Failure', message })));
    server.close();
    await assert.rejects(collect(remote), { code: 'KX_COMMAND_NOT_FOUND', ran: 'no' });
    assert.equal(await remote.started, 'assumed');
  });

  test('rubbish instead of a Status is a failure', async () => {
    const { remote, server } = connect(withoutStdin);
    server.send(
      channels.error,
      Buffer.from('{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[null]}}'),
    );
    server.close();
    await assert.rejects(collect(remote), { code: 'KX_REMOTE' });
  });

  test('a link that had ended before is KX_CONNECTION_LOST', async () => {
    const [link, server] = memoryLinkPair(v5);
    server.abort('gone');
    await assert.rejects(collect(connectProcess(link, withStdin)), lost);
  });

  test('an exit that nobody looks at does not end this program', async () => {
    const { remote, server } = connect(withoutStdin);
    server.abort('gone');
    remote.stdout.resume();
    await once(remote.stdout, 'end');
    await new Promise(setImmediate);
  });

  test('disconnect ends the streams, rejects with the reason, and drops the link', async () => {
    const { remote, seen } = connect();
    const reason = new KxError('KX_CANCELED', 'Ctrl-C');
    const ends = [
      once(remote.stdin!, 'close'),
      once(remote.stdout.resume(), 'end'),
      once(remote.stderr!.resume(), 'end'),
    ];
    remote.disconnect(reason);
    remote.disconnect();
    await assert.rejects(remote.exit, reason);
    await Promise.all(ends);
    assert.deepEqual(await seen.ended, { clean: false, code: 1006, reason: 'Ctrl-C' });
    assert.equal(await remote.started, 'assumed');
  });

  test('exit settles behind the last byte, also when the reader sleeps first', async () => {
    const { remote, server } = connect(withoutStdin);
    for (let i = 0; i < 64; i++) server.send(channels.stdout, block);
    server.send(channels.error, status(0));
    server.close();
    let settled = false;
    void remote.exit.then(() => (settled = true));
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    assert.equal(settled, false, 'the streams cannot hold 4 MiB, and nobody has read');
    assert.ok(remote.stdout.readableLength <= 2 << 20, `${remote.stdout.readableLength} bytes are held`);
    assert.equal((await collect(remote)).stdout.length, 64 * block.length);
  });

  test('a destroyed output is discarded, and the other goes on', async () => {
    const { remote, server } = connect(withoutStdin);
    for (let i = 0; i < 64; i++) server.send(channels.stdout, block);
    // stdout is full and has paused the link by now.
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    remote.stdout.destroy();
    for (let i = 0; i < 64; i++) server.send(channels.stdout, block);
    server.send(channels.stderr, Buffer.from('err'));
    server.send(channels.error, status(5));
    server.close();
    const chunks: Buffer[] = [];
    for await (const chunk of remote.stderr!) chunks.push(chunk as Buffer);
    assert.equal(Buffer.concat(chunks).toString(), 'err');
    assert.equal((await remote.exit).code, 5);
  });

  test('frames on channels that a server must not use are ignored', async () => {
    const { remote, server } = connect(withoutStdin);
    for (const channel of [0, 4, 9, 255]) server.send(channel, Buffer.from('x'));
    server.send(channels.error, status(0));
    server.close();
    assert.equal((await collect(remote)).stdout.length, 0);
  });

  test('under a terminal stderr is null, and what comes there is dropped', async () => {
    const { remote, server } = connect({ command: ['sh'], stdin: false, tty: { width: 80, height: 24 } });
    server.send(channels.stderr, Buffer.from('x'));
    server.send(channels.error, status(0));
    server.close();
    assert.equal(remote.stderr, null);
    assert.equal((await remote.exit).code, 0);
  });
});

suite('the client half: input', { timeout: 120_000 }, () => {
  test('under v5 the end of stdin is one message [255, 0] behind the last byte', async () => {
    const { remote, seen } = connect();
    assert.ok(remote.can.has('half-close'));
    remote.stdin!.end('input');
    await seen.until(() => seen.frames.length === 2);
    assert.deepEqual(
      seen.frames.map(({ channel, bytes }) => [channel, bytes.toString('latin1')]),
      [
        [0, 'input'],
        [255, '\0'],
      ],
    );
  });

  test('under v4 the end of stdin is KX_STDIN_END at once, and nothing is sent for it', async () => {
    const { remote, server, seen } = connect(withStdin, v4);
    assert.ok(!remote.can.has('half-close'));
    const failed = once(remote.stdin!, 'error');
    remote.stdin!.end('input');
    const [error] = (await failed) as [KxError];
    assert.deepEqual([error.code, error.exit], ['KX_STDIN_END', 125]);
    server.send(channels.error, status(0));
    server.close();
    assert.equal((await collect(remote)).status.code, 0);
    await seen.ended;
    assert.deepEqual(
      seen.frames.map(({ channel }) => channel),
      [0],
    );
  });

  test('large writes go out in messages of at most 512 KiB, small ones together', async () => {
    const { remote, seen } = connect();
    remote.stdin!.end(Buffer.alloc((1 << 20) + 5, 1));
    await seen.until(() => seen.count(0) === (1 << 20) + 5);
    assert.deepEqual(seen.frames.map(({ bytes }) => bytes.length).slice(0, 3), [512 * 1024, 512 * 1024, 5]);
  });

  test('a server that does not read holds the writer back at a bounded amount, and lets go when it reads', async () => {
    const { remote, link, server, seen } = connect();
    server.pause();
    let written = 0;
    for (;;) {
      written += block.length;
      if (!remote.stdin!.write(block)) break;
      await new Promise(setImmediate);
    }
    assert.ok(link.backlog + remote.stdin!.writableLength <= 4 << 20);
    server.resume();
    await once(remote.stdin!, 'drain');
    await seen.until(() => seen.count(0) === written);
  });

  for (const how of ['the Status', 'a lost link', 'disconnect'] as const) {
    test(`a writer that waits is released by ${how}`, async () => {
      const { remote, server } = connect();
      server.pause();
      const wrote = new Promise<void>((resolve) => remote.stdin!.write(Buffer.alloc(8 << 20), () => resolve()));
      await new Promise(setImmediate);
      if (how === 'the Status') server.send(channels.error, status(0));
      else if (how === 'a lost link') server.abort('gone');
      else remote.disconnect();
      await wrote;
      server.close();
      await Promise.allSettled([remote.exit]);
      await new Promise(setImmediate);
      assert.ok(remote.stdin!.destroyed);
    });
  }

  test('behind the Status nothing more is sent: it would meet a closed socket, whose reset discards output', async () => {
    const { remote, server, seen } = connect({ command: ['sh'], stdin: true, tty: { width: 80, height: 24 } });
    await seen.until(() => seen.frames.length === 1);
    server.send(channels.error, status(0));
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    remote.resize({ width: 1, height: 1 });
    await new Promise((resolve) => remote.stdin!.write('too late', resolve));
    await new Promise<void>((resolve) => remote.stdin!.end(resolve));
    server.close();
    await remote.exit;
    assert.deepEqual(
      seen.frames.map(({ channel }) => channel),
      [channels.resize],
    );
  });

  const ways = {
    none: { request: withoutStdin, input: undefined, end: false, left: 'none', sent: 0 },
    'an empty one that ended': { request: withStdin, input: undefined, end: true, left: 'none', sent: 0 },
    'one that ended': { request: withStdin, input: 'abc', end: true, left: 'unknown', sent: 3 },
    'one that had not ended': { request: withStdin, input: 'abc', end: false, left: 'some', sent: 3 },
  } as const;
  for (const [what, { request, input, end, left, sent }] of Object.entries(ways)) {
    test(`input: ${what}: inputLeft is '${left}'`, async () => {
      const { remote, server, seen } = connect(request);
      if (input !== undefined) remote.stdin!.write(input);
      if (end) remote.stdin!.end();
      await seen.until(() => seen.frames.length === (input === undefined ? 0 : 1) + (end ? 1 : 0));
      server.send(channels.error, status(0));
      server.close();
      const exit = (await collect(remote)).status;
      assert.deepEqual([exit.inputLeft, exit.inputSent], [left, sent]);
    });
  }

  test('input that waits to be sent when the Status comes is left', async () => {
    const { remote, server } = connect();
    server.pause();
    remote.stdin!.write(Buffer.alloc(2 << 20));
    remote.stdin!.end('never sent');
    server.send(channels.error, status(0));
    server.close();
    assert.equal((await collect(remote)).status.inputLeft, 'some');
  });

  test('the first size goes out first, later ones follow, and without a terminal none does', async () => {
    const sized = connect({ command: ['sh'], stdin: false, tty: { width: 80, height: 24 } });
    sized.remote.resize({ width: 100, height: 30 });
    const plain = connect(withoutStdin);
    plain.remote.resize({ width: 100, height: 30 });
    await sized.seen.until(() => sized.seen.frames.length === 2);
    assert.deepEqual(
      sized.seen.frames.map(({ channel, bytes }) => [channel, bytes.toString()]),
      [
        [channels.resize, '{"Width":80,"Height":24}'],
        [channels.resize, '{"Width":100,"Height":30}'],
      ],
    );
    assert.deepEqual(plain.seen.frames, []);
  });

  test('no signal can be delivered by the protocol', async () => {
    assert.equal(await connect().remote.signal('SIGINT'), 'unsupported');
  });
});
