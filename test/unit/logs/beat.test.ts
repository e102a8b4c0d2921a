import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { createBeats } from '../../../src/lib/logs/beat.ts';

/** Beats of so many logs with a clock that only rests move. */
function startBeats(logs: number) {
  let time = 1000;
  const rests: number[] = [];
  let collections = 0;
  const sleep = (milliseconds: number): void => {
    rests.push(milliseconds);
    time += milliseconds;
  };
  const collect = (): void => {
    collections += 1;
    time += 30;
  };
  const beats = createBeats({ sleep, collect }, () => time);
  const members = Array.from({ length: logs }, () => beats.join());
  const speak = async (waiting = 100): Promise<void> => {
    for (const member of members) member.note(waiting, waiting);
    await nextTurn();
  };
  const pass = (milliseconds: number): void => void (time += milliseconds);
  return { beats, members, rests, speak, pass, collections: () => collections };
}

describe('beats', () => {
  it('take what comes after a silence at once, and rest before they take more', async () => {
    const { rests, speak, pass } = startBeats(20);
    await speak();
    assert.deepEqual(rests, []);
    pass(30);
    await speak();
    assert.deepEqual(rests, [70]);
    await speak();
    assert.deepEqual(rests, [70, 100]);
    pass(5000);
    await speak();
    assert.deepEqual(rests, [70, 100]);
  });

  it('are one rest for all logs that spoke', async () => {
    const { rests, speak } = startBeats(200);
    await speak();
    await speak();
    assert.equal(rests.length, 1);
  });

  it('do not rest for few logs, also when others have ended', async () => {
    const { members, rests, speak } = startBeats(16);
    members.pop()?.leave();
    await speak();
    await speak();
    assert.deepEqual(rests, []);
  });

  it('do not rest while a log has much to say', async () => {
    const { members, rests, speak } = startBeats(20);
    await speak();
    members[3]?.note(2000, 64 << 10);
    await speak();
    assert.deepEqual(rests, []);
    await speak();
    assert.equal(rests.length, 1);
  });

  it('do not rest while a log is opened', async () => {
    const { beats, rests, speak } = startBeats(20);
    const release = beats.hold();
    await speak();
    await speak();
    assert.deepEqual(rests, []);
    release();
    await speak();
    assert.equal(rests.length, 1);
  });

  it('collect garbage in a rest when much has come', async () => {
    const { rests, speak, pass, collections } = startBeats(20);
    for (let count = 0; count < 20; count++) {
      await speak(16 << 10);
      pass(200);
    }
    assert.deepEqual([rests, collections()], [[], 0]);
    await speak(16 << 10);
    await speak(100);
    assert.deepEqual([rests, collections()], [[70], 1]);
    await speak(100);
    assert.deepEqual([rests, collections()], [[70, 100], 1]);
  });
});
