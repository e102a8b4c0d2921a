import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createLog } from '../../../src/services/sandbox/exec/log.ts';

suite('the log of a container', () => {
  test('puts lines together whatever the pieces, each stream for itself', () => {
    const log = createLog();
    log.append('stdout', Buffer.from('on'));
    log.append('stderr', Buffer.from('error\n'));
    log.append('stdout', Buffer.from('e\ntwo\nthr'));
    log.end();
    assert.deepEqual(
      log.lines.map((line) => line.bytes.toString()),
      ['error\n', 'one\n', 'two\n', 'thr'],
    );
  });

  test('has times that rise with every line', () => {
    const log = createLog();
    log.append('stdout', Buffer.from('a\nb\nc\n'));
    const times = log.lines.map((line) => line.time);
    assert.ok(times[0]! < times[1]! && times[1]! < times[2]!);
  });

  test('forgets the oldest lines', () => {
    const log = createLog();
    for (let line = 0; line < 50_000; line++) log.append('stdout', Buffer.from(`${line}\n`));
    assert.ok(log.lines.length <= 40_000);
    assert.equal(log.lines.at(-1)?.bytes.toString(), '49999\n');
  });

  test('tells followers every line and its end', () => {
    const log = createLog();
    const seen: string[] = [];
    log.follow(
      (line) => seen.push(line.bytes.toString()),
      () => seen.push('end'),
    );
    log.append('stdout', Buffer.from('a\nb'));
    log.end();
    assert.deepEqual(seen, ['a\n', 'b', 'end']);
  });
});
