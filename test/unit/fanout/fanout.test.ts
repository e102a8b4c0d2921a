import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { KxError } from '../../../src/lib/errors/index.ts';
import { fanout, type FanoutOptions, type Outcome } from '../../../src/lib/fanout/index.ts';

/** How a simulated target behaves at each attempt: how many turns of the event loop it takes, and how it ends. */
interface Behaviour {
  readonly turns: number;
  readonly end: 'fine' | 'failed' | 'not reached' | 'unknown';
}

const behaviour = fc.record({
  turns: fc.integer({ min: 0, max: 6 }),
  end: fc.constantFrom<Behaviour['end'][]>('fine', 'fine', 'failed', 'not reached', 'unknown'),
});
const targetsOf = fc.array(fc.array(behaviour, { minLength: 1, maxLength: 4 }), { maxLength: 40 });
type Target = readonly Behaviour[];

const errors = {
  'not reached': () => new KxError('KX_UNREACHABLE', 'not reached', { ran: 'no' }),
  unknown: () => new KxError('KX_CONNECTION_LOST', 'lost', { ran: 'maybe' }),
};

/** A task over simulated targets that watches how it is called. */
function simulate() {
  const watched = { running: 0, most: 0, launches: [] as number[] };
  const task = async (target: Target, { index, attempt }: { index: number; attempt: number }): Promise<number> => {
    watched.launches.push(index);
    watched.most = Math.max(watched.most, ++watched.running);
    const { turns, end } = target[Math.min(attempt, target.length) - 1] ?? { turns: 0, end: 'fine' };
    for (let i = 0; i < turns; i++) await turn();
    watched.running--;
    if (end === 'not reached' || end === 'unknown') throw errors[end]();
    return end === 'fine' ? 0 : 1;
  };
  return { watched, task };
}

async function collect<T, R>(outcomes: AsyncIterable<Outcome<T, R>>): Promise<Outcome<T, R>[]> {
  const all: Outcome<T, R>[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

const retries = (times: number) => ({ times, pauseMs: () => 0, isWorthwhile: () => true });
const hasFailed = (value: number): boolean => value !== 0;

/** The same targets, as something that must be waited for. */
async function* slowly<T>(targets: readonly T[]): AsyncGenerator<T> {
  for (const target of targets) {
    await turn();
    yield target;
  }
}

suite('the window of a fan-out', () => {
  test('never runs more than it may, and gives every target exactly one outcome', async () => {
    await fc.assert(
      fc.asyncProperty(targetsOf, fc.integer({ min: 1, max: 8 }), fc.boolean(), async (targets, parallelism, slow) => {
        const { watched, task } = simulate();
        const outcomes = await collect(fanout(slow ? slowly(targets) : targets, task, { parallelism }));
        assert.ok(watched.most <= parallelism);
        assert.deepEqual(
          outcomes.map(({ index }) => index).sort((a, b) => a - b),
          [...targets.keys()],
        );
        for (const { target, index } of outcomes) assert.equal(target, targets[index]);
        assert.deepEqual(watched.launches, [...targets.keys()], 'launched in their order, once');
      }),
    );
  });

  test('tries again only what was not reached, no more often than it may, and ends with the last attempt', async () => {
    await fc.assert(
      fc.asyncProperty(targetsOf, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }), async (...drawn) => {
        const [targets, times, parallelism] = drawn;
        const { watched, task } = simulate();
        const outcomes = await collect(fanout(targets, task, { parallelism, retries: retries(times) }));
        assert.ok(watched.most <= parallelism);
        for (const outcome of outcomes) {
          const at = (attempt: number) => outcome.target[Math.min(attempt, outcome.target.length) - 1]?.end;
          let attempts = 1;
          while (attempts <= times && at(attempts) === 'not reached') attempts++;
          assert.notEqual(outcome.kind, 'skipped');
          if (outcome.kind === 'skipped') continue;
          assert.equal(outcome.attempts, attempts);
          assert.equal(watched.launches.filter((index) => index === outcome.index).length, attempts);
          assert.equal(outcome.kind, at(attempts) === 'fine' || at(attempts) === 'failed' ? 'done' : 'error');
        }
      }),
    );
  });

  test('a batch begins when the one before has ended, retries too', async () => {
    await fc.assert(
      fc.asyncProperty(targetsOf, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 }), async (...drawn) => {
        const [targets, size, parallelism] = drawn;
        const open = new Set<number>();
        const { task } = simulate();
        const watchedTask: typeof task = async (target, launch) => {
          for (const index of open) assert.ok(Math.floor(index / size) === Math.floor(launch.index / size));
          open.add(launch.index);
          try {
            return await task(target, launch);
          } finally {
            open.delete(launch.index);
          }
        };
        const options = { parallelism, batches: { size, pauseMs: 0 }, retries: retries(2) };
        assert.equal((await collect(fanout(targets, watchedTask, options))).length, targets.length);
      }),
      { numRuns: 50 },
    );
  });

  test('after too many failures the rest is skipped, in its order and at the end', async () => {
    await fc.assert(
      fc.asyncProperty(targetsOf, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }), async (...drawn) => {
        const [targets, maxFailures, parallelism] = drawn;
        const { watched, task } = simulate();
        const options: FanoutOptions<number> = { parallelism, maxFailures, hasFailed };
        const outcomes = await collect(fanout(targets, task, options));
        assert.equal(outcomes.length, targets.length);
        const failed = (outcome: Outcome<Target, number>): boolean =>
          outcome.kind === 'error' || (outcome.kind === 'done' && outcome.value !== 0);
        const failures = outcomes.filter(failed).length;
        const skipped = outcomes.filter(({ kind }) => kind === 'skipped');
        if (skipped.length > 0) assert.ok(failures >= maxFailures);
        assert.ok(failures < maxFailures + parallelism, 'only what ran already can fail as well');
        assert.deepEqual(outcomes.slice(outcomes.length - skipped.length), skipped);
        assert.deepEqual(
          skipped.map(({ index }) => index),
          [...targets.keys()].slice(watched.launches.length),
        );
      }),
    );
  });

  test('a signal stops the launching, at any moment, and what runs ends', async () => {
    await fc.assert(
      fc.asyncProperty(targetsOf, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 8 }), async (...drawn) => {
        const [targets, after, parallelism] = drawn;
        const { watched, task } = simulate();
        const controller = new AbortController();
        let launchesAtAbort: number | undefined;
        void (async () => {
          for (let i = 0; i < after; i++) await turn();
          launchesAtAbort = watched.launches.length;
          controller.abort();
        })();
        const options = { parallelism, signal: controller.signal, retries: retries(2) };
        const outcomes = await collect(fanout(slowly(targets), task, options));
        assert.equal(new Set(outcomes.map(({ index }) => index)).size, targets.length);
        assert.equal(outcomes.length, targets.length);
        assert.equal(watched.running, 0);
        if (launchesAtAbort !== undefined) assert.equal(watched.launches.length, launchesAtAbort);
        for (const outcome of outcomes) if (outcome.kind === 'skipped') assert.equal(outcome.why, 'canceled');
      }),
    );
  });
});

suite('what a fan-out waits for', () => {
  /** A task whose ends the test decides on. */
  function controlled() {
    const ends = new Map<string, (value: number) => void>();
    const task = (target: string): Promise<number> => new Promise((resolve) => ends.set(target, resolve));
    return { ends, task };
  }

  test('one that does not end holds nobody up', async () => {
    const { ends, task } = controlled();
    const outcomes = fanout(['dead', ...Array.from({ length: 50 }, (_, i) => `pod-${i}`)], task, { parallelism: 2 });
    for (let i = 0; i < 50; i++) {
      const next = outcomes.next();
      while (!ends.has(`pod-${i}`)) await turn();
      ends.get(`pod-${i}`)?.(0);
      const { value } = await next;
      assert.equal(value?.target, `pod-${i}`);
    }
    ends.get('dead')?.(1);
    assert.equal((await outcomes.next()).value?.target, 'dead');
    assert.equal((await outcomes.next()).done, true);
  });

  test('the pause before a retry leaves its place to others', async () => {
    const order: string[] = [];
    const task = (target: string): Promise<number> => {
      order.push(target);
      return order.length === 1 ? Promise.reject(errors['not reached']()) : Promise.resolve(0);
    };
    const options = { parallelism: 1, retries: { times: 1, pauseMs: () => 20, isWorthwhile: () => true } };
    const outcomes = await collect(fanout(['first', 'second', 'third'], task, options));
    assert.deepEqual(order, ['first', 'second', 'third', 'first']);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['done', 'done', 'done'],
    );
  });

  test('a signal ends the pause before a retry, with the error that there was', async () => {
    const controller = new AbortController();
    const options: FanoutOptions<number> = {
      parallelism: 1,
      signal: controller.signal,
      retries: { times: 1, pauseMs: () => 1 << 30, isWorthwhile: () => true },
    };
    const outcomes = fanout(['only'], () => Promise.reject(errors['not reached']()), options);
    const next = outcomes.next();
    await turn();
    controller.abort();
    const { value } = await next;
    assert.ok(value?.kind === 'error' && value.error.code === 'KX_UNREACHABLE' && value.attempts === 1);
    assert.equal((await outcomes.next()).done, true);
  });

  test('an error that another attempt will not mend is not tried again', async () => {
    const options = { parallelism: 1, retries: { times: 3, pauseMs: () => 0, isWorthwhile: () => false } };
    const [outcome] = await collect(fanout(['only'], () => Promise.reject(errors['not reached']()), options));
    assert.ok(outcome?.kind === 'error' && outcome.attempts === 1);
  });

  test('outcomes that nobody takes keep their places', async () => {
    let launched = 0;
    const task = (): Promise<number> => {
      launched++;
      return Promise.resolve(0);
    };
    const outcomes = fanout(
      Array.from({ length: 100 }, (_, i) => i),
      task,
      { parallelism: 3 },
    );
    await outcomes.next();
    for (let i = 0; i < 50; i++) await turn();
    assert.ok(launched <= 4, `${launched} were launched`);
    await outcomes.return();
  });

  test('between batches there is a pause, and none behind the last', async () => {
    const options = { parallelism: 9, batches: { size: 2, pauseMs: 30 } };
    const outcomes = await collect(fanout([1, 2, 3, 4], () => Promise.resolve(0), options));
    const [first, second, third, fourth] = outcomes.map((outcome) => (outcome.kind === 'done' ? outcome.startedAt : 0));
    assert.ok(Math.min(third ?? 0, fourth ?? 0) - Math.max(first ?? 0, second ?? 0) >= 29);
  });

  test('what the targets throw comes behind the outcomes of those that were launched', async () => {
    const targets = (function* () {
      yield 1;
      yield 2;
      throw new Error('no more');
    })();
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const { target } of fanout(targets, () => Promise.resolve(0), { parallelism: 1 })) seen.push(target);
    }, /no more/);
    assert.deepEqual(seen, [1, 2]);
  });

  test('what is no KxError is a fault of kx', async () => {
    const [outcome] = await collect(fanout(['only'], () => Promise.reject(new Error('oops')), { parallelism: 1 }));
    assert.ok(outcome?.kind === 'error' && outcome.error.code === 'KX_INTERNAL');
  });
});
