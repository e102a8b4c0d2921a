import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { channels, type FrameLink } from '../../../src/lib/remotecommand/index.ts';
import { connectLink, record } from './support/links.ts';

const tickMs = 40;

/** A probe with a fixed answer; `asked(n)` resolves when it was asked for the n-th time. */
function probe(answer: boolean): {
  probe: () => Promise<boolean>;
  times: () => number;
  asked: (n: number) => Promise<void>;
} {
  let count = 0;
  const waiting: { n: number; resolve: () => void }[] = [];
  return {
    probe: () => {
      count++;
      for (const each of waiting) if (each.n <= count) each.resolve();
      return Promise.resolve(answer);
    },
    times: () => count,
    asked: (n) => new Promise((resolve) => waiting.push({ n, resolve })),
  };
}

async function fill(link: FrameLink): Promise<void> {
  while (link.send(channels.stdin, Buffer.alloc(64 * 1024))) await new Promise(setImmediate);
}

suite('liveness of the client end of a WebSocket', { timeout: 60_000 }, () => {
  test('an idle link to a peer that answers pings stays, and nobody is asked', async (t) => {
    const { probe: ask, times } = probe(false);
    const { link, peer } = await connectLink(t, { liveness: { tickMs, probe: ask } });
    const seen = record(link);
    let pings = 0;
    await new Promise<void>((resolve) => {
      peer.on('ping', () => {
        if (++pings === 15) resolve();
      });
    });
    assert.deepEqual([seen.events, times()], [[], 0]);
  });

  test('an idle link whose peer is mute ends, although the server can be reached', async (t) => {
    const { link } = await connectLink(t, { autoPong: false, liveness: { tickMs, probe: probe(true).probe } });
    const ending = await record(link).ended;
    assert.equal(ending.code, 1006);
    assert.match(ending.reason, /pings were not answered/);
  });

  test('a link whose peer is mute and whose server cannot be reached ends', async (t) => {
    const { link } = await connectLink(t, { autoPong: false, liveness: { tickMs, probe: probe(false).probe } });
    assert.match((await record(link).ended).reason, /nothing was heard/);
  });

  test('an upload that the peer does not read stays, as long as the server can be reached', async (t) => {
    const { probe: ask, asked } = probe(true);
    const { link, peer } = await connectLink(t, { liveness: { tickMs, probe: ask } });
    const seen = record(link);
    peer.pause();
    await fill(link);
    const { backlog } = link;
    await asked(4);
    assert.deepEqual(seen.events, []);
    assert.ok(link.backlog - backlog < 64, `${link.backlog - backlog} bytes of pings are queued`);
  });

  test('an upload that the peer does not read ends when the server cannot be reached', async (t) => {
    const { link, peer } = await connectLink(t, { liveness: { tickMs, probe: probe(false).probe } });
    const seen = record(link);
    peer.pause();
    await fill(link);
    assert.match((await seen.ended).reason, /nothing was heard/);
  });

  test('a session that sent input ends too, once a pong has shown that the input was taken', async (t) => {
    const { link, peer } = await connectLink(t, { autoPong: false, liveness: { tickMs, probe: probe(true).probe } });
    const seen = record(link);
    let answers = 3;
    peer.on('ping', (payload) => {
      if (answers-- > 0) peer.pong(payload);
    });
    link.send(channels.stdin, Buffer.from('ls\n'));
    const ending = await seen.ended;
    assert.match(ending.reason, /pings were not answered/);
  });

  test('a pong that is older than the last input proves nothing about it', async (t) => {
    const { probe: ask, asked } = probe(true);
    const { link, peer } = await connectLink(t, { autoPong: false, liveness: { tickMs, probe: ask } });
    const seen = record(link);
    await new Promise<void>((resolve) => {
      peer.once('ping', (payload) => {
        link.send(channels.stdin, Buffer.from('input'));
        peer.pong(payload);
        resolve();
      });
    });
    await asked(3);
    assert.deepEqual(seen.events, []);
  });

  test('a link that this side has paused stays, while another in the same state dies', async (t) => {
    const { probe: ask, times } = probe(false);
    const paused = await connectLink(t, { liveness: { tickMs, probe: ask } });
    const seen = record(paused.link);
    paused.link.pause();
    const mute = await connectLink(t, { autoPong: false, liveness: { tickMs, probe: probe(false).probe } });
    await record(mute.link).ended;
    assert.deepEqual([seen.events, times()], [[], 0]);
    paused.link.resume();
    paused.peer.send(Buffer.from('\u0001still here'));
    await seen.until(() => seen.frames.length === 1);
  });

  test('an ended link pings nobody and asks nobody', async (t) => {
    const { probe: ask, times } = probe(true);
    const ended = await connectLink(t, { liveness: { tickMs, probe: ask } });
    const seen = record(ended.link);
    ended.link.abort('enough');
    await seen.ended;
    const mute = await connectLink(t, { autoPong: false, liveness: { tickMs, probe: probe(false).probe } });
    await record(mute.link).ended;
    assert.equal(times(), 0);
  });
});
