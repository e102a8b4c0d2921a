import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LogLine } from '../../../src/lib/logs/index.ts';
import { createPosition } from '../../../src/lib/logs/position.ts';
import { createLineSplitter } from '../../../src/lib/logs/split-lines.ts';
import { line, source } from './support.ts';

/** The same line as a part of what came from a server. */
function asItComes({ at, bytes }: LogLine): LogLine {
  const [split] = createLineSplitter(source).push(Buffer.concat([Buffer.from(`${at} `), bytes, Buffer.from('\n')]));
  assert.ok(split);
  return split;
}

describe('the position in a log', () => {
  test('asks from a second before the last line on', () => {
    const position = createPosition(false);
    assert.equal(position.since, undefined);
    position.take(line(1));
    assert.equal(position.since, '2026-01-02T03:04:04Z');
    assert.equal(position.last, line(1).at);
  });

  test('drops each line as often as it was seen', () => {
    const position = createPosition(false);
    for (const nano of [1, 2, 2, 3]) position.take(line(nano));
    const again = position.resume();
    assert.deepEqual(
      [1, 2, 2, 2, 3, 4].map((nano) => again.isNew(line(nano))),
      [false, false, false, true, false, true],
    );
    assert.equal(again.continues, true);
  });

  test('knows the lines of the second before the last, too', () => {
    const position = createPosition(false);
    position.take(line(1, '', 'line-feed', 4));
    position.take(line(1, '', 'line-feed', 5));
    position.take(line(2, '', 'line-feed', 4));
    assert.equal(position.last, line(1).at);
    const again = position.resume();
    assert.equal(again.isNew(line(2, '', 'line-feed', 4)), false);
    assert.equal(again.isNew(line(3, '', 'line-feed', 4)), true);
    assert.equal(again.isNew(line(1, '', 'line-feed', 3)), false, 'what is older was not asked for');
  });

  test('knows that the clock was set back, until it has caught up', () => {
    const position = createPosition(false);
    for (const second of [20, 21, 20]) position.take(line(1, '', 'line-feed', second));
    assert.equal(position.behind, undefined);
    position.take(line(2, '', 'line-feed', 5));
    assert.equal(position.behind, line(2, '', 'line-feed', 5).at);
    assert.equal(position.last, line(1, '', 'line-feed', 21).at);
    position.take(line(1, '', 'line-feed', 22));
    assert.equal(position.behind, undefined);
  });

  test('sees that a log does not begin with what was seen', () => {
    const position = createPosition(false);
    position.take(line(1));
    const again = position.resume();
    assert.equal(again.continues, undefined);
    assert.equal(again.isNew(line(2)), true);
    assert.equal(again.continues, false);
  });

  test('leaves out what is older than the first line of a part', () => {
    const position = createPosition(true);
    position.take(line(5));
    const again = position.resume();
    assert.equal(again.isNew(line(4)), false);
    assert.equal(again.continues, undefined);
    assert.equal(again.isNew(line(5)), false);
    assert.equal(again.continues, true);
  });

  test('understands timestamps with an offset, and fewer digits', () => {
    const position = createPosition(false);
    position.take({ ...line(0), at: '2026-01-02T05:04:05.5+02:00' });
    assert.equal(position.since, '2026-01-02T03:04:04Z');
    assert.equal(position.resume().isNew(line(500_000_000)), false);
  });

  test('is the same for lines within the bytes of a server, of any times', () => {
    const at = fc.record({
      second: fc.integer({ min: 4, max: 7 }),
      nano: fc.oneof(fc.nat(3), fc.integer({ min: 999_999_997, max: 999_999_999 })),
      form: fc.constantFrom('Z', 'Z', 'Z', '+00:00', 'short'),
    });
    fc.assert(
      fc.property(fc.array(at), fc.array(at), (seen, again) => {
        const make = ({ second, nano, form }: (typeof seen)[number]): LogLine => {
          const usual = line(nano, 'x', 'line-feed', second);
          if (form === 'short') return { ...usual, at: usual.at.replace(/0*Z$/, 'Z').replace('.Z', 'Z') };
          return { ...usual, at: usual.at.replace('Z', form) };
        };
        const [whole, within] = [createPosition(false), createPosition(false)];
        for (const each of seen) {
          whole.take(make(each));
          within.take(asItComes(make(each)));
          assert.deepEqual([within.last, within.since], [whole.last, whole.since]);
        }
        const [resumed, other] = [whole.resume(), within.resume()];
        for (const each of again) assert.equal(other.isNew(asItComes(make(each))), resumed.isNew(make(each)));
        assert.equal(other.continues, resumed.continues);
      }),
    );
  });
});
