import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { constants, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { createSpdyDecoder, encodeControl, encodeData, fin } from '../../../src/lib/remotecommand/spdy-codec.ts';
import { dictionary } from '../../../src/lib/remotecommand/spdy-dictionary.ts';
import { createHeaderDecoder, createHeaderEncoder } from '../../../src/lib/remotecommand/spdy-headers.ts';
import { cutAt } from './support/frames.ts';

type Event = ['data', number, string, boolean] | ['control', number, number, string];

/** What the decoder reports, with neighboring pieces of one stream joined. */
function decodeAll(chunks: readonly Buffer[]): Event[] {
  const events: Event[] = [];
  const decode = createSpdyDecoder({
    onData(stream, bytes, last) {
      const before = events.at(-1);
      if (before?.[0] === 'data' && before[1] === stream && !before[3]) {
        before[2] += bytes.toString('hex');
        before[3] = last;
      } else events.push(['data', stream, bytes.toString('hex'), last]);
    },
    onControl: (type, flags, payload) => events.push(['control', type, flags, payload.toString('hex')]),
  });
  for (const chunk of chunks) decode(chunk);
  return events;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

suite('the frames of SPDY', () => {
  test('are the bytes of Draft 3.1, section 2.2', () => {
    assert.deepEqual(encodeData(3, Buffer.from('hi'), fin), hex('00000003 01 000002 6869'));
    assert.deepEqual(encodeControl(6, [5]), hex('8003 0006 00 000004 00000005'));
    assert.deepEqual(encodeControl(3, [7, 5]), hex('8003 0003 00 000008 00000007 00000005'));
  });

  test('larger data is cut into frames, of which the last ends the stream', () => {
    const bytes = Buffer.alloc(200_000, 7);
    const encoded = encodeData(1, bytes, fin);
    assert.equal(encoded.length, bytes.length + 4 * 8);
    assert.deepEqual(decodeAll([encoded]), [['data', 1, bytes.toString('hex'), true]]);
  });

  test('are read the same however the bytes are cut', () => {
    const all = Buffer.concat([
      encodeControl(2, [1], Buffer.from('reply')),
      encodeData(5, Buffer.from('out')),
      encodeControl(6, [2]),
      encodeData(7, Buffer.alloc(70_000, 1)),
      encodeData(1, Buffer.from('{}')),
      encodeData(1, Buffer.alloc(0), fin),
      encodeControl(7, [0, 0]),
    ]);
    const whole = decodeAll([all]);
    assert.equal(whole.length, 6);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 20 }), (cuts) => {
        assert.deepEqual(decodeAll(cutAt(all, cuts)), whole);
      }),
    );
  });

  for (const [what, bytes] of [
    ['another version', hex('8002 0006 00 000004 00000005')],
    ['a ping that is too short', hex('8003 0006 00 000002 0000')],
    ['a reset without its reason', hex('8003 0003 00 000004 00000001')],
    ['a control frame of 16 MiB', hex('8003 0008 00 ffffff')],
    ['an answer of HTTP', Buffer.from('\x80HTTP/1.1 400 Bad Request\r\n\r\n', 'latin1')],
  ] as const) {
    test(`${what} breaks the protocol`, () => {
      assert.throws(() => decodeAll([bytes]), { code: 'KX_PROTOCOL' });
    });
  }

  test('any bytes are read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        try {
          decodeAll([Buffer.from(bytes)]);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'KX_PROTOCOL');
        }
      }),
    );
  });
});

/** The header blocks of one connection as Go's compressor makes them. */
function compress(blocks: readonly (readonly [string, string])[][]): Buffer[] {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (word: string): Buffer[] => [number(word.length), Buffer.from(word)];
  const plain = blocks.map((block) => Buffer.concat([number(block.length), ...block.flat().flatMap(text)]));
  let before = 0;
  return plain.map((_, index) => {
    const all = deflateSync(Buffer.concat(plain.slice(0, index + 1)), {
      dictionary,
      finishFlush: constants.Z_SYNC_FLUSH,
      level: 0,
    });
    const block = all.subarray(before);
    before = all.length;
    return block;
  });
}

suite('header blocks', () => {
  test('that kx encodes are decoded, one after the other', () => {
    const encode = createHeaderEncoder();
    const decode = createHeaderDecoder();
    for (const type of ['error', 'stdin', 'stdout']) {
      assert.deepEqual(
        [...decode(encode({ streamtype: type, port: '1' }))],
        [
          ['streamtype', type],
          ['port', '1'],
        ],
      );
    }
    assert.deepEqual([...decode(encode({}))], []);
  });

  test('that were compressed with the dictionary are decoded', () => {
    const block = deflateSync(
      Buffer.concat([hex('00000001 0000000a'), Buffer.from('streamtype'), hex('00000005'), Buffer.from('error')]),
      { dictionary, finishFlush: constants.Z_SYNC_FLUSH },
    );
    assert.deepEqual([...createHeaderDecoder()(block)], [['streamtype', 'error']]);
  });

  test('that are rubbish, cut off or without end break the protocol', () => {
    const [whole = Buffer.alloc(0)] = compress([[['streamtype', 'error']]]);
    assert.deepEqual([...createHeaderDecoder()(whole)], [['streamtype', 'error']]);
    const bomb = deflateSync(Buffer.alloc(1 << 20), { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
    const cutOff = createHeaderEncoder()({ streamtype: 'error' });
    cutOff.writeUInt32BE(9, 7);
    for (const block of [Buffer.from('rubbish'), cutOff, bomb, Buffer.alloc(20_000)]) {
      assert.throws(() => createHeaderDecoder()(block), { code: 'KX_PROTOCOL' });
    }
  });
});
