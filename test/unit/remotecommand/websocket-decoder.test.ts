import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createDecoder } from '../../../src/lib/remotecommand/websocket-codec.ts';
import { closeFrame, cutAt, frame } from './support/frames.ts';

type Event = ['data', string, boolean, boolean] | ['ping', string] | ['pong', string] | ['close', number, string];

/** What the decoder reports, with the pieces of one message joined: where they are cut is not part of the contract. */
function decodeAll(chunks: readonly Buffer[]): Event[] {
  const events: Event[] = [];
  let open: Extract<Event, ['data', ...unknown[]]> | undefined;
  const decode = createDecoder({
    onData: (bytes, first, last) => {
      assert.equal(first, open === undefined, 'first is true exactly at the start of a message');
      if (open === undefined) {
        open = ['data', '', true, false];
        events.push(open);
      }
      open[1] += bytes.toString('hex');
      open[3] = last;
      if (last) open = undefined;
    },
    onPing: (payload) => events.push(['ping', payload.toString('hex')]),
    onPong: (payload) => events.push(['pong', payload.toString('hex')]),
    onClose: (code, reason) => events.push(['close', code, reason]),
  });
  for (const chunk of chunks) decode(chunk);
  return events;
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

suite('the decoder of server frames', () => {
  test('reads the examples of RFC 6455 section 5.7 that a server may send', () => {
    assert.deepEqual(decodeAll([hex('82 05 48 65 6c 6c 6f')]), [['data', '48656c6c6f', true, true]]);
    assert.deepEqual(decodeAll([hex('02 03 48 65 6c 80 02 6c 6f')]), [['data', '48656c6c6f', true, true]]);
    assert.deepEqual(decodeAll([hex('89 05 48 65 6c 6c 6f')]), [['ping', '48656c6c6f']]);
    assert.deepEqual(decodeAll([hex('8a 05 48 65 6c 6c 6f')]), [['pong', '48656c6c6f']]);
    const bytes256 = Buffer.alloc(256, 7);
    assert.deepEqual(decodeAll([hex('82 7e 01 00'), bytes256]), [['data', bytes256.toString('hex'), true, true]]);
    const bytes64k = Buffer.alloc(65536, 9);
    const [event] = decodeAll([hex('82 7f 00 00 00 00 00 01 00 00'), bytes64k]);
    assert.equal(event?.[1], bytes64k.toString('hex'));
  });

  for (const length of [0, 1, 125, 126, 127, 65535, 65536, 70000]) {
    test(`reads a message of ${length} bytes in each form of length that can hold it`, () => {
      const payload = Buffer.alloc(length, 0x5a);
      const forms = ([7, 16, 64] as const).filter(
        (form) => length < (form === 7 ? 126 : form === 16 ? 65536 : Infinity),
      );
      for (const form of forms) {
        assert.deepEqual(decodeAll([frame({ opcode: 2, payload, form })]), [
          ['data', payload.toString('hex'), true, true],
        ]);
      }
    });
  }

  test('reports control frames between the fragments of a message, and the message goes on', () => {
    const events = decodeAll([
      frame({ opcode: 2, fin: false, payload: Buffer.from('ab') }),
      frame({ opcode: 9, payload: Buffer.from('p') }),
      frame({ opcode: 0, fin: false, payload: Buffer.from('cd') }),
      frame({ opcode: 10 }),
      frame({ opcode: 0, payload: Buffer.from('ef') }),
      frame({ opcode: 2, payload: Buffer.from('x') }),
    ]);
    assert.deepEqual(events, [
      ['data', Buffer.from('abcdef').toString('hex'), true, true],
      ['ping', '70'],
      ['pong', ''],
      ['data', '78', true, true],
    ]);
  });

  test('an empty message begins and ends', () => {
    assert.deepEqual(decodeAll([frame({ opcode: 2 })]), [['data', '', true, true]]);
  });

  test('empty frames at the start, in the middle and at the end of a message change nothing', () => {
    const events = decodeAll([
      frame({ opcode: 2, fin: false }),
      frame({ opcode: 0, fin: false, payload: Buffer.from('a') }),
      frame({ opcode: 0, fin: false }),
      frame({ opcode: 0 }),
      frame({ opcode: 2, payload: Buffer.from('b') }),
    ]);
    assert.deepEqual(events, [
      ['data', '61', true, true],
      ['data', '62', true, true],
    ]);
  });

  test('a close frame without a code is 1005, one with a code carries its reason', () => {
    assert.deepEqual(decodeAll([frame({ opcode: 8 })]), [['close', 1005, '']]);
    assert.deepEqual(decodeAll([closeFrame(1011, 'außer Betrieb')]), [['close', 1011, 'außer Betrieb']]);
  });

  test('a payload is handed on before its frame is whole, so memory does not depend on the size it claims', () => {
    const huge = frame({ opcode: 2, claim: 2n ** 40n, payload: Buffer.from('begin') });
    assert.deepEqual(decodeAll([huge]), [['data', Buffer.from('begin').toString('hex'), true, false]]);
  });

  const open = frame({ opcode: 2, fin: false, payload: Buffer.from('a') });
  const violations: Record<string, Buffer> = {
    'a masked frame': frame({ opcode: 2, masked: true, payload: Buffer.from('abcd') }),
    'an empty masked frame': frame({ opcode: 2, masked: true }),
    'a masked ping': frame({ opcode: 9, masked: true }),
    'the first reserved bit (a compressed message)': frame({ opcode: 2, reserved: 4 }),
    'the second reserved bit': frame({ opcode: 2, reserved: 2 }),
    'the third reserved bit': frame({ opcode: 9, reserved: 1 }),
    'a text message': frame({ opcode: 1, payload: Buffer.from('hello') }),
    'the reserved data opcode 3': frame({ opcode: 3 }),
    'the reserved data opcode 7': frame({ opcode: 7 }),
    'the reserved control opcode 11': frame({ opcode: 11 }),
    'the reserved control opcode 15': frame({ opcode: 15 }),
    'a continuation of no message': frame({ opcode: 0, payload: Buffer.from('a') }),
    'a continuation after the last fragment': Buffer.concat([open, frame({ opcode: 0 }), frame({ opcode: 0 })]),
    'a new message inside a message': Buffer.concat([open, frame({ opcode: 2 })]),
    'a text message inside a message': Buffer.concat([open, frame({ opcode: 1 })]),
    'a fragmented ping': frame({ opcode: 9, fin: false }),
    'a fragmented close': frame({ opcode: 8, fin: false }),
    'a ping of 126 bytes': frame({ opcode: 9, payload: Buffer.alloc(126) }),
    'a ping that claims 2^32 bytes': frame({ opcode: 9, claim: 2n ** 32n }),
    'a close frame of one byte': frame({ opcode: 8, payload: Buffer.from([3]) }),
    'a length of 2^53': frame({ opcode: 2, claim: 2n ** 53n }),
    'a length with the highest bit': frame({ opcode: 2, claim: 2n ** 63n }),
  };
  for (const [name, bytes] of Object.entries(violations)) {
    test(`refuses ${name}, whole or byte by byte`, () => {
      for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
        assert.throws(() => decodeAll(chunks), { name: 'KxError', code: 'KX_PROTOCOL', ran: 'maybe' });
      }
    });
  }

  test('the largest length that a number holds is taken', () => {
    assert.doesNotThrow(() => decodeAll([frame({ opcode: 2, claim: 2n ** 53n - 1n })]));
  });

  test('any split of the bytes gives the same events', () => {
    fc.assert(
      fc.property(anyFrames(), fc.array(fc.nat(5000), { maxLength: 40 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames);
        assert.deepEqual(decodeAll(cutAt(bytes, cuts)), decodeAll([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  test('byte by byte gives the same events', () => {
    fc.assert(
      fc.property(anyFrames(), (frames) => {
        const bytes = Buffer.concat(frames);
        assert.deepEqual(decodeAll([...bytes].map((byte) => Buffer.from([byte]))), decodeAll([bytes]));
      }),
      { numRuns: 100 },
    );
  });

  test('arbitrary bytes are either decoded or refused with KX_PROTOCOL, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => {
        try {
          decodeAll(chunks.map((chunk) => Buffer.from(chunk)));
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'KX_PROTOCOL');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** Legal streams: messages in fragments of any size, with control frames anywhere between the frames. */
function anyFrames(): fc.Arbitrary<Buffer[]> {
  const control = fc
    .tuple(fc.constantFrom(9, 10), fc.uint8Array({ maxLength: 125 }))
    .map(([opcode, payload]) => frame({ opcode, payload }));
  const size = fc.oneof(
    { weight: 8, arbitrary: fc.nat(40) },
    { weight: 1, arbitrary: fc.constantFrom(125, 126, 127, 700) },
  );
  const fragments = fc.array(
    size.chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    { minLength: 1, maxLength: 5 },
  );
  return fc.array(fc.tuple(fragments, fc.array(control, { maxLength: 5 })), { maxLength: 6 }).map((messages) =>
    messages.flatMap(([pieces, controls]) =>
      pieces.flatMap((payload, i) => {
        const data = frame({ opcode: i === 0 ? 2 : 0, fin: i === pieces.length - 1, payload });
        const between = controls[i];
        return between === undefined ? [data] : [data, between];
      }),
    ),
  );
}
