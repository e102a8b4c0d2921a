import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { memoryLinkPair, v4, v5 } from '../../../src/lib/remotecommand/index.ts';
import { record } from './support/links.ts';

const block = Buffer.alloc(64 * 1024);

suite('a pair of links in memory', { timeout: 120_000 }, () => {
  test('carries frames both ways, in order, and leaves out empty ones', async () => {
    const [a, b] = memoryLinkPair(v4);
    assert.deepEqual([a.subprotocol, b.subprotocol], [v4, v4]);
    const [atA, atB] = [record(a), record(b)];
    a.send(0, Buffer.from('one'));
    a.send(0, Buffer.alloc(0));
    a.send(4, Buffer.from('two'));
    b.send(1, Buffer.from('three'));
    await Promise.all([atB.until(() => atB.frames.length === 2), atA.until(() => atA.frames.length === 1)]);
    assert.deepEqual(
      atB.frames.map(({ channel, bytes }) => [channel, bytes.toString()]),
      [
        [0, 'one'],
        [4, 'two'],
      ],
    );
    assert.equal(atA.bytes(1).toString(), 'three');
  });

  test('what was sent before anybody listened is delivered', async () => {
    const [a, b] = memoryLinkPair(v5);
    a.send(0, Buffer.from('early'));
    a.close();
    const seen = record(b);
    assert.equal((await seen.ended).clean, true);
    assert.deepEqual(seen.events, ['frame', 'end']);
  });

  test('a receiver that pauses makes send ask for patience, and resume ends the wait', async () => {
    const [a, b] = memoryLinkPair(v5);
    const [atA, atB] = [record(a), record(b)];
    b.pause();
    let sent = 1;
    while (a.send(0, block)) sent++;
    assert.equal(a.backlog, sent * block.length);
    assert.equal(atB.frames.length, 0);
    b.resume();
    await atA.until(() => atA.events.includes('drain'));
    assert.equal(atB.count(0), sent * block.length);
    assert.equal(a.backlog, 0);
  });

  test('close delivers what is left to both ends, then ends both once', async () => {
    const [a, b] = memoryLinkPair(v5);
    const [atA, atB] = [record(a), record(b)];
    b.send(1, Buffer.from('out'));
    a.send(0, Buffer.from('in'));
    a.close();
    a.close();
    b.close();
    assert.deepEqual(await Promise.all([atA.ended, atB.ended]), [
      { clean: true, code: 1000, reason: '' },
      { clean: true, code: 1000, reason: '' },
    ]);
    a.abort('late');
    a.send(0, Buffer.from('late'));
    await new Promise(setImmediate);
    assert.deepEqual(
      [atA.events, atB.events],
      [
        ['frame', 'end'],
        ['frame', 'end'],
      ],
    );
  });

  test('close ends a link that its own side has paused', async () => {
    const [a, b] = memoryLinkPair(v5);
    const [atA, atB] = [record(a), record(b)];
    a.pause();
    b.send(1, Buffer.from('out'));
    a.close();
    await Promise.all([atA.ended, atB.ended]);
    assert.deepEqual(atA.events, ['frame', 'end']);
  });

  test('abort behind a close leaves the ending of the close', async () => {
    const [a, b] = memoryLinkPair(v5);
    const [atA, atB] = [record(a), record(b)];
    b.send(1, block);
    a.close();
    a.abort('enough');
    assert.deepEqual(await Promise.all([atA.ended, atB.ended]), [
      { clean: true, code: 1000, reason: '' },
      { clean: true, code: 1000, reason: '' },
    ]);
  });

  test('abort ends its own side at once, without what it had not taken; the other side learns why', async () => {
    const [a, b] = memoryLinkPair(v5);
    const [atA, atB] = [record(a), record(b)];
    a.pause();
    b.send(1, block);
    a.send(0, Buffer.from('in'));
    a.abort('enough');
    assert.deepEqual(await Promise.all([atA.ended, atB.ended]), [
      { clean: false, code: 1006, reason: 'enough' },
      { clean: false, code: 1006, reason: 'enough' },
    ]);
    assert.deepEqual([atA.events, atB.events], [['end'], ['frame', 'end']]);
  });
});
