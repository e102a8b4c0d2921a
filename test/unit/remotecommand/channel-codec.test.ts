import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createChannelDecoder } from '../../../src/lib/remotecommand/channel-codec.ts';
import { cutAt } from './support/frames.ts';

interface Given {
  readonly channel: number;
  readonly text: string;
}

/** Each message as a list of its pieces. */
function decodeAll(messages: readonly (readonly Buffer[])[]): Given[] {
  const given: Given[] = [];
  const decode = createChannelDecoder((channel, bytes) => given.push({ channel, text: bytes.toString('latin1') }));
  for (const pieces of messages) pieces.forEach((piece, i) => decode(piece, i === 0, i === pieces.length - 1));
  return given;
}

const bytes = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));

suite('the decoder of channels', () => {
  test('the first byte of a message is its channel', () => {
    assert.deepEqual(decodeAll([[bytes(1, 'out')], [bytes(2, 'err')], [bytes(3, '{}')]]), [
      { channel: 1, text: 'out' },
      { channel: 2, text: 'err' },
      { channel: 3, text: '{}' },
    ]);
  });

  test('pieces of a data channel are handed on as they come', () => {
    assert.deepEqual(decodeAll([[bytes(1), bytes('a'), bytes('bc')]]), [
      { channel: 1, text: 'a' },
      { channel: 1, text: 'bc' },
    ]);
  });

  for (const channel of [3, 4, 255, 17]) {
    test(`a message on channel ${channel} is given whole, and only at its end`, () => {
      assert.deepEqual(decodeAll([[bytes(channel, '{"st'), bytes('atus'), bytes('"}')]]), [
        { channel, text: '{"status"}' },
      ]);
      assert.deepEqual(decodeAll([[bytes(channel, 'x'), bytes('')]]), [{ channel, text: 'x' }]);
    });
  }

  test('the channel byte may come alone, or behind empty pieces', () => {
    assert.deepEqual(decodeAll([[bytes(''), bytes(''), bytes(1), bytes('a')]]), [{ channel: 1, text: 'a' }]);
    assert.deepEqual(decodeAll([[bytes(''), bytes(3), bytes('a'), bytes('')]]), [{ channel: 3, text: 'a' }]);
  });

  test('messages without bytes are not reported: servers send one on each channel at the start', () => {
    assert.deepEqual(decodeAll([[bytes(1)], [bytes(2)], [bytes(3)], [bytes('')], [bytes(3), bytes('')]]), []);
  });

  test('a channel byte of the message before is forgotten', () => {
    assert.deepEqual(decodeAll([[bytes(3, 'a')], [bytes('')], [bytes(1, 'b')]]), [
      { channel: 3, text: 'a' },
      { channel: 1, text: 'b' },
    ]);
  });

  test('a control message of 1 MiB is given, one byte more is refused as soon as it comes', () => {
    const mebibyte = Buffer.alloc(1 << 20, 0x61);
    assert.equal(decodeAll([[bytes(3), mebibyte]])[0]?.text.length, 1 << 20);
    assert.throws(() => decodeAll([[bytes(3), mebibyte, bytes('b'), bytes('never reached')]]), { code: 'KX_PROTOCOL' });
    assert.throws(() => decodeAll([[bytes(99), mebibyte, bytes('b')]]), { code: 'KX_PROTOCOL' });
  });

  test('a data message has no limit', () => {
    const mebibyte = Buffer.alloc(1 << 20);
    assert.equal(decodeAll([[bytes(1), mebibyte, mebibyte, mebibyte]]).length, 3);
  });

  test('empty pieces of a control message are not kept: a peer could send them without end', () => {
    const decode = createChannelDecoder(() => {});
    decode(bytes(3, '{'), true, false);
    const empty = Buffer.alloc(0);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 3_000_000; i++) decode(empty, false, false);
    assert.ok(process.memoryUsage().heapUsed - before < 8 << 20, 'three million empty pieces are held');
  });

  test('any split of a message gives the same bytes', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(60)), (channel, payload, cuts) => {
        const given = decodeAll([cutAt(Buffer.concat([Buffer.from([channel]), payload]), cuts)]);
        assert.equal(given.map((each) => each.text).join(''), Buffer.from(payload).toString('latin1'));
        assert.ok(given.every((each) => each.channel === channel && each.text !== ''));
        if (channel > 2) assert.ok(given.length <= 1);
      }),
      { numRuns: 300 },
    );
  });
});
