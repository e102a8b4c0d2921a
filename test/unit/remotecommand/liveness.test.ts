import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { watchLiveness, type Liveness } from '../../../src/lib/remotecommand/liveness.ts';

interface Watched {
  readonly liveness: Liveness;
  readonly seen: { pings: number; probes: number[]; deaths: string[] };
  /** Lets ticks pass, and what they start come to an end. */
  readonly tick: (count: number) => Promise<void>;
}

/** Virtual time: one tick is 1000 ms. */
function watch(t: TestContext, probe: () => Promise<boolean>, mayBlock = false): Watched {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const seen: Watched['seen'] = { pings: 0, probes: [], deaths: [] };
  const liveness = watchLiveness(
    {
      tickMs: 1000,
      probe: (timeoutMs) => {
        seen.probes.push(timeoutMs);
        return probe();
      },
    },
    { ping: () => seen.pings++, mayBlock: () => mayBlock, dead: (reason) => seen.deaths.push(reason) },
  );
  t.after(() => liveness.stop());
  const tick = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      t.mock.timers.tick(1000);
      await turn();
    }
  };
  return { liveness, seen, tick };
}

const yes = (): Promise<boolean> => Promise.resolve(true);
const no = (): Promise<boolean> => Promise.resolve(false);

suite('liveness', () => {
  test('sends nothing while output comes: a ping that meets a closed socket would discard what was not read', async (t) => {
    const { liveness, seen, tick } = watch(t, no);
    for (let i = 0; i < 20; i++) {
      await tick(1);
      liveness.heard();
    }
    assert.deepEqual(seen, { pings: 0, probes: [], deaths: [] });
  });

  test('pings an idle link at every other tick, and asks nothing while it answers', async (t) => {
    const { liveness, seen, tick } = watch(t, no);
    for (let i = 0; i < 10; i++) {
      await tick(2);
      liveness.heard();
    }
    assert.deepEqual(seen, { pings: 10, probes: [], deaths: [] });
  });

  test('five silent ticks are no reason to ask, the sixth is', async (t) => {
    const { seen, tick } = watch(t, no);
    await tick(5);
    assert.deepEqual(seen.probes, []);
    await tick(1);
    assert.deepEqual(seen.probes, [3000]);
  });

  test('an idle link is dead when nothing answers', async (t) => {
    const { seen, tick } = watch(t, no);
    await tick(6);
    assert.deepEqual(seen.deaths, ['nothing was heard for 6 s, and a new connection gets no answer either']);
  });

  test('an idle link is dead although the server answers others', async (t) => {
    const { seen, tick } = watch(t, yes);
    await tick(6);
    assert.deepEqual(seen.deaths, ['pings were not answered for 6 s, although the server can be reached']);
  });

  test('a link that may be blocked lives as long as the server answers others, and is asked about again', async (t) => {
    const { seen, tick } = watch(t, yes, true);
    await tick(30);
    assert.deepEqual([seen.probes.length, seen.deaths], [5, []]);
  });

  test('a link that may be blocked is dead when nothing answers', async (t) => {
    const { seen, tick } = watch(t, no, true);
    await tick(6);
    assert.equal(seen.deaths.length, 1);
  });

  test('a probe that rejects, or throws, is no answer', async (t) => {
    const { seen, tick } = watch(t, () => Promise.reject(new Error('no route')), true);
    await tick(6);
    assert.equal(seen.deaths.length, 1);
    t.mock.timers.reset();
    const other = watch(
      t,
      () => {
        throw new Error('at once');
      },
      true,
    );
    await other.tick(6);
    assert.equal(other.seen.deaths.length, 1);
  });

  test('one probe at a time', async (t) => {
    const { seen, tick } = watch(t, () => new Promise(() => {}));
    await tick(20);
    assert.equal(seen.probes.length, 1);
  });

  test('a byte that comes while the probe is under way saves the link', async (t) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { liveness, seen, tick } = watch(t, () => promise);
    await tick(7);
    liveness.heard();
    resolve(false);
    await tick(1);
    assert.deepEqual(seen.deaths, []);
  });

  test('while reading is paused nothing is sent, counted or concluded', async (t) => {
    const { liveness, seen, tick } = watch(t, no);
    await tick(5);
    liveness.suspend();
    await tick(50);
    assert.deepEqual([seen.pings, seen.probes], [4, []]);
    liveness.resume();
    await tick(5);
    assert.deepEqual(seen.probes, [], 'the silence before the pause does not count');
    await tick(1);
    assert.equal(seen.deaths.length, 1);
  });

  test('a pause that begins while the probe is under way saves the link', async (t) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { liveness, seen, tick } = watch(t, () => promise);
    await tick(6);
    liveness.suspend();
    resolve(false);
    await tick(1);
    assert.deepEqual(seen.deaths, []);
  });

  test('after stop nothing is said, whatever a probe under way finds', async (t) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { liveness, seen, tick } = watch(t, () => promise);
    await tick(6);
    liveness.stop();
    resolve(false);
    await tick(10);
    assert.deepEqual([seen.pings, seen.deaths], [5, []]);
  });
});
