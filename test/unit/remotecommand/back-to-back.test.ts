import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { suite, test, type TestContext } from 'node:test';
import { collect, type ExecRequest, type RemoteProcess } from '../../../src/lib/process/index.ts';
import {
  connectProcess,
  memoryLinkPair,
  serveProcess,
  v4,
  v5,
  websocketServerLink,
  type FrameLink,
  type WebSocketSubprotocol,
} from '../../../src/lib/remotecommand/index.ts';
import { connectLink, connectSpdyLinks } from './support/links.ts';
import { startProcess, withStdin, withoutStdin } from './support/processes.ts';

type Ends = (t: TestContext, subprotocol: WebSocketSubprotocol) => Promise<[client: FrameLink, server: FrameLink]>;

const overWebSocket: Ends = async (t, subprotocol) => {
  const { link, peer } = await connectLink(t, { subprotocol });
  return [link, websocketServerLink(peer)];
};
/** What it carries names no other subprotocol. */
const overSpdy: Ends = (t) => connectSpdyLinks(t, { stdin: true, stdout: true, stderr: true, tty: false });
const inMemory: Ends = (_t, subprotocol) => Promise.resolve(memoryLinkPair(subprotocol));

/** A real process behind one hop, or behind two: the translating proxy is the same two functions again. */
async function run(
  t: TestContext,
  ends: Ends,
  hops: number,
  start: () => RemoteProcess,
  request: ExecRequest,
  subprotocol: WebSocketSubprotocol = v5,
): Promise<{ remote: RemoteProcess; served: Promise<unknown> }> {
  const pairs: Awaited<ReturnType<Ends>>[] = [];
  for (let hop = 0; hop < hops; hop++) pairs.push(await ends(t, subprotocol));
  // Started last: Node throws away the output of a child that ends before anybody listens.
  let remote = start();
  const served: Promise<void>[] = [];
  for (const [client, server] of pairs) {
    served.push(serveProcess(server, remote));
    remote = connectProcess(client, request);
  }
  return { remote, served: Promise.all(served) };
}

const mebibyte = randomBytes(1 << 20);
const total = 64;

function* blocks(): Generator<Buffer> {
  for (let i = 0; i < total; i++) yield mebibyte.subarray(i);
}

async function digest(stream: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

for (const [name, ends, hops] of [
  ['in memory', inMemory, 1],
  ['over a WebSocket', overWebSocket, 1],
  ['over two WebSockets with a proxy between', overWebSocket, 2],
  ['over SPDY', overSpdy, 1],
  ['over two connections of SPDY with a proxy between', overSpdy, 2],
] as const) {
  suite(`the two halves back to back ${name}`, { timeout: 240_000 }, () => {
    test('64 MiB go up and come down byte-identical, and the end of input ends the command', async (t) => {
      const { remote, served } = await run(t, ends, hops, () => startProcess('cat'), withStdin);
      const [got] = await Promise.all([digest(remote.stdout), pipeline(Readable.from(blocks()), remote.stdin!)]);
      assert.equal(got, await digest(Readable.from(blocks())));
      assert.equal((await remote.exit).code, 0);
      await served;
    });

    test('a reader that is slow to begin loses nothing', async (t) => {
      const script = 'head -c 20000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 37';
      const { remote, served } = await run(t, ends, hops, () => startProcess('sh', '-c', script), withoutStdin);
      await once(remote.stdout, 'readable');
      for (let i = 0; i < 50; i++) await new Promise(setImmediate);
      assert.ok(remote.stdout.readableLength < 4 << 20);
      const { stdout, stderr, status } = await collect(remote);
      assert.deepEqual([stdout.length, stderr.length, status.code], [20_000_000, 3_000_000, 37]);
      await served;
    });

    test('one stream keeps its order', async (t) => {
      const script = 'i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done';
      const { remote } = await run(t, ends, hops, () => startProcess('sh', '-c', script), withoutStdin);
      const { stdout } = await collect(remote);
      assert.equal(stdout.toString(), Array.from({ length: 2000 }, (_, i) => `${i}\n`).join(''));
    });

    test('a command that does not read its input ends, whatever still comes', async (t) => {
      const { remote, served } = await run(
        t,
        ends,
        hops,
        () => startProcess('sh', '-c', 'echo done; exit 3'),
        withStdin,
      );
      remote.stdin!.on('error', () => {});
      const flood = pipeline(Readable.from(blocks()), remote.stdin!).catch(() => {});
      const { stdout, status } = await collect(remote);
      assert.deepEqual([stdout.toString(), status.code, status.inputLeft], ['done\n', 3, 'some']);
      await Promise.all([flood, served]);
    });

    test('a discarded stdout lets the command go on to its end', async (t) => {
      const script = 'head -c 20000000 /dev/zero; echo end >&2';
      const { remote } = await run(t, ends, hops, () => startProcess('sh', '-c', script), withoutStdin);
      remote.stdout.destroy();
      const chunks: Buffer[] = [];
      for await (const chunk of remote.stderr!) chunks.push(chunk as Buffer);
      assert.equal(Buffer.concat(chunks).toString(), 'end\n');
      assert.equal((await remote.exit).code, 0);
    });

    const skip = ends === overSpdy && 'SPDY has no v4 without an end of input';
    test(
      'under v4 output and exit code are the same, and the end of input is an error at once',
      { skip },
      async (t) => {
        const local = startProcess('cat');
        const { remote } = await run(t, ends, hops, () => local, withStdin, v4);
        remote.stdin!.write('line\n');
        const [line] = (await once(remote.stdout, 'data')) as [Buffer];
        assert.equal(line.toString(), 'line\n');
        const failed = once(remote.stdin!, 'error');
        remote.stdin!.end();
        assert.equal(((await failed) as [{ code: string }])[0].code, 'KX_STDIN_END');
        remote.disconnect();
        await assert.rejects(remote.exit, { code: 'KX_CONNECTION_LOST' });
        await local.signal('SIGTERM');
      },
    );

    test('a program that is not there is said by its own words', async (t) => {
      const { remote, served } = await run(t, ends, hops, () => startProcess('/nonexistent/program'), withoutStdin);
      remote.stdout.resume();
      remote.stderr!.resume();
      await assert.rejects(remote.exit, /ENOENT/);
      await served;
    });
  });
}
