import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import * as ws from 'ws';
import { encodeChannelFrame, encodeControlFrame, opcodes } from '../../../src/lib/remotecommand/websocket-codec.ts';

interface Received {
  readonly messages: Buffer[];
  readonly pings: Buffer[];
  readonly pongs: Buffer[];
  readonly closes: { code: number; reason: string }[];
}

// The types of `ws` leave out its Receiver, which it exports.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };

/** Reads client frames with the server's parser of `ws`. */
function receive(bytes: Buffer): Received {
  const received: Received = { messages: [], pings: [], pongs: [], closes: [] };
  const receiver = new Receiver({ isServer: true });
  receiver.on('error', (error: Error) => {
    throw error;
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    assert.ok(isBinary);
    received.messages.push(data);
  });
  receiver.on('ping', (data: Buffer) => received.pings.push(data));
  receiver.on('pong', (data: Buffer) => received.pongs.push(data));
  receiver.on('conclude', (code: number, reason: Buffer) => received.closes.push({ code, reason: reason.toString() }));
  receiver.write(bytes);
  return received;
}

/** Bytes that no shift or repetition of a mask maps onto themselves, at an offset in memory that is not aligned. */
function patterned(length: number, offset: number): Buffer {
  const whole = Buffer.alloc(length + offset);
  for (let i = 0; i < whole.length; i++) whole[i] = (i * 31 + (i >> 8) * 7) & 0xff;
  return whole.subarray(offset);
}

function assertArrives(channel: number, payload: Uint8Array, mask: number): void {
  const before = Buffer.from(payload);
  const { messages } = receive(encodeChannelFrame(channel, payload, mask));
  assert.equal(messages.length, 1);
  assert.equal(messages[0]?.[0], channel);
  assert.ok(messages[0].subarray(1).equals(before), `${payload.length} bytes with mask ${mask} differ`);
  assert.ok(before.equals(payload), 'the source was changed');
}

const borders = [0, 1, 2, 3, 4, 5, 123, 124, 125, 126, 127, 128, 65533, 65534, 65535, 65536, 65537, 1 << 20];

suite('the encoder of client frames', () => {
  for (const length of borders) {
    test(`ws reads ${length} bytes on every channel, whatever the mask and the alignment of the source`, () => {
      for (const mask of [0, 1, 0xff000000, 0x12345678, 0xffffffff]) {
        for (const offset of [0, 1, 2, 3])
          assertArrives(offset === 0 ? 255 : offset - 1, patterned(length, offset), mask);
      }
    });
  }

  test('ws reads any bytes on any channel under any mask', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 0, max: 0xffffffff }),
        assertArrives,
      ),
      { numRuns: 500 },
    );
  });

  test('frames one behind the other stay separate messages', () => {
    const { messages } = receive(
      Buffer.concat([1, 2, 3].map((n) => encodeChannelFrame(0, Buffer.alloc(n, n), 0xa1b2c3d4 + n))),
    );
    assert.deepEqual(
      messages.map((each) => each.toString('hex')),
      ['0001', '000202', '00030303'],
    );
  });

  test('the length takes the shortest form, with the mask bit set', () => {
    const second = (length: number): number => encodeChannelFrame(0, Buffer.alloc(length), 1).readUInt8(1);
    assert.equal(second(124), 0x80 | 125);
    assert.equal(second(125), 0x80 | 126);
    assert.equal(second(65534), 0x80 | 126);
    assert.equal(second(65535), 0x80 | 127);
  });

  test('ws reads pings, pongs and closes of every length up to 125', () => {
    for (const length of [0, 1, 4, 5, 124, 125]) {
      const payload = patterned(length, 1);
      assert.deepEqual(receive(encodeControlFrame(opcodes.ping, payload, 0x0badcafe)).pings, [Buffer.from(payload)]);
      assert.deepEqual(receive(encodeControlFrame(opcodes.pong, payload, 0xffffffff)).pongs, [Buffer.from(payload)]);
    }
    const close = Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from('done')]);
    assert.deepEqual(receive(encodeControlFrame(opcodes.close, close, 77)).closes, [{ code: 1000, reason: 'done' }]);
  });
});
