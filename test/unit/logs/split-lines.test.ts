import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { LogLine } from '../../../src/lib/logs/index.ts';
import { createLineSplitter, maximalPiece } from '../../../src/lib/logs/split-lines.ts';
import { line, source } from './support.ts';

/** Splits bytes that come in these chunks. */
function split(
  chunks: readonly Buffer[],
  skip?: { at: string; given: number },
): { lines: LogLine[]; foreign: string | undefined } {
  const splitter = createLineSplitter(source, undefined, skip);
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  const last = splitter.finish();
  if (last !== undefined) lines.push(last);
  const plain = lines.map((each) => ({ source: each.source, at: each.at, bytes: each.bytes, end: each.end }));
  return { lines: plain, foreign: splitter.foreign };
}

function bytesOf(lines: readonly LogLine[]): Buffer {
  return Buffer.concat(
    lines.map(({ at, bytes, end }) =>
      Buffer.concat([Buffer.from(`${at} `), bytes, Buffer.from(end === 'line-feed' ? '\n' : '')]),
    ),
  );
}

describe('the lines of a log', () => {
  test('are the same however the bytes are cut', () => {
    const texts = fc.array(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 10 ? 0 : byte)))),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.nat(60)), fc.boolean(), (contents, sizes, isWhole) => {
        const lines = contents.map((bytes, index) => ({ ...line(index), bytes }));
        const last = lines.at(-1);
        if (!isWhole && last !== undefined) lines.splice(-1, 1, { ...last, end: 'nothing' });
        const whole = bytesOf(lines);
        const chunks: Buffer[] = [];
        let from = 0;
        for (const size of sizes) chunks.push(whole.subarray(from, (from += size)));
        chunks.push(whole.subarray(from));
        assert.deepEqual(split(chunks), { lines, foreign: undefined });
      }),
    );
  });

  test('may be empty, and may have spaces at their beginning', () => {
    const { lines } = split([bytesOf([line(1, ''), line(2, '  a')])]);
    assert.deepEqual(
      lines.map(({ bytes }) => bytes.toString()),
      ['', '  a'],
    );
  });

  test('come in pieces when they are long, and a cut one is taken up where it was', () => {
    const text = Buffer.alloc(3 * maximalPiece, 'abc');
    const whole = bytesOf([{ ...line(1), bytes: text }, line(2, 'next')]);
    const chunks = Array.from({ length: Math.ceil(whole.length / 65536) }, (_, at) =>
      whole.subarray(at * 65536, (at + 1) * 65536),
    );
    const { lines } = split(chunks);
    assert.deepEqual(
      lines.map(({ end }) => end),
      ['piece', 'piece', 'piece', 'line-feed', 'line-feed'],
    );
    assert.ok(lines.every(({ bytes }) => bytes.length < maximalPiece + 65536));
    assert.ok(Buffer.concat(lines.slice(0, 4).map(({ bytes }) => bytes)).equals(text));
    const splitter = createLineSplitter(source);
    const given = chunks.slice(0, 20).flatMap((chunk) => splitter.push(chunk));
    const rest = split(chunks, splitter.open).lines;
    const all = [...given, ...rest].slice(0, -1).map(({ bytes }) => bytes);
    assert.ok(Buffer.concat(all).equals(text));
  });

  test('are told from what the kubelet writes about its own failures', () => {
    const { lines, foreign } = split([Buffer.from(`${line(1).at} a\nunable to retrieve container logs`)]);
    assert.equal(lines.length, 1);
    assert.equal(foreign, 'unable to retrieve container logs');
    assert.equal(split([Buffer.from('2026-0')]).foreign, undefined, 'a timestamp that was cut');
  });
});
