import { KxError } from '../errors/index.ts';

/** RFC 6455 section 5.2. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface DecoderHandlers {
  /** A piece of a data message: `first` and `last` mark the borders of the message, not of the frame. */
  onData(bytes: Buffer, first: boolean, last: boolean): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onClose(code: number, reason: string): void;
}

/** Takes the bytes of one connection in any pieces. Throws KX_PROTOCOL, after which it takes no more. */
export type Decoder = (chunk: Buffer) => void;

const maxHeader = 10;

/**
 * Decodes the frames that a server sends (RFC 6455 section 5, unmasked, no extensions). Payloads are handed on as they
 * arrive, without assembling frames or messages, so memory does not depend on the sizes that the peer chooses.
 */
export function createDecoder(handlers: DecoderHandlers): Decoder {
  const header = Buffer.alloc(maxHeader);
  let headerHave = 0;
  let headerNeed = 2;
  let opcode = 0;
  let final = false;
  let left = 0;
  let inPayload = false;
  let inMessage = false;
  let messageStarted = false;
  let control: Buffer[] = [];

  const finishHeader = (): void => {
    const first = header.readUInt8(0);
    const second = header.readUInt8(1);
    const short = second & 0x7f;
    if ((second & 0x80) !== 0) throw broken('a masked frame from the server');
    if ((first & 0x70) !== 0) throw broken('reserved bits are set');
    opcode = first & 0x0f;
    final = (first & 0x80) !== 0;
    left = short === 126 ? header.readUInt16BE(2) : short === 127 ? Number(header.readBigUInt64BE(2)) : short;
    if (!Number.isSafeInteger(left)) throw broken('a frame of impossible length');
    if (opcode >= 8) {
      if (opcode > opcodes.pong) throw broken(`unknown opcode ${opcode}`);
      if (!final || left > 125) throw broken('a control frame that is fragmented or too long');
    } else if (opcode === opcodes.continuation) {
      if (!inMessage) throw broken('a continuation of no message');
    } else if (opcode !== opcodes.binary) {
      throw broken(`a data frame that is not binary (opcode ${opcode})`);
    } else if (inMessage) {
      throw broken('a new message inside a message');
    } else {
      inMessage = true;
      messageStarted = false;
    }
    inPayload = true;
  };

  const finishFrame = (): void => {
    inPayload = false;
    headerHave = 0;
    headerNeed = 2;
    if (opcode < 8) {
      if (final) inMessage = false;
      return;
    }
    const payload = Buffer.concat(control);
    control = [];
    if (opcode === opcodes.ping) handlers.onPing(payload);
    else if (opcode === opcodes.pong) handlers.onPong(payload);
    else if (payload.length === 1) throw broken('a close frame with half a code');
    else if (payload.length === 0) handlers.onClose(1005, '');
    else handlers.onClose(payload.readUInt16BE(0), payload.toString('utf8', 2));
  };

  const takePayload = (chunk: Buffer, at: number): number => {
    const take = Math.min(left, chunk.length - at);
    const piece = chunk.subarray(at, at + take);
    left -= take;
    if (opcode >= 8) {
      control.push(piece);
    } else {
      const first = !messageStarted;
      messageStarted = true;
      handlers.onData(piece, first, final && left === 0);
    }
    return at + take;
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (!inPayload) {
        const take = Math.min(headerNeed - headerHave, chunk.length - at);
        chunk.copy(header, headerHave, at, at + take);
        headerHave += take;
        at += take;
        if (headerHave < headerNeed) return;
        if (headerNeed === 2) {
          const short = header.readUInt8(1) & 0x7f;
          headerNeed = short === 126 ? 4 : short === 127 ? 10 : 2;
          if (headerHave < headerNeed) continue;
        }
        finishHeader();
        if (left > 0) continue;
      }
      at = takePayload(chunk, at);
      if (left === 0) finishFrame();
    }
  };
}

function broken(what: string): KxError {
  return new KxError('KX_PROTOCOL', `the server broke the WebSocket protocol: ${what}`, { ran: 'maybe' });
}

/** Room before a payload for the longest client header (14), one channel byte, and alignment of the payload to 4. */
const headroom = 16;

/**
 * One masked binary frame of a client (RFC 6455 section 5.3) that holds a channel byte and a payload. The payload is
 * copied once and masked four bytes at a time: byte-wise masking is what limits uploads in `ws`.
 */
export function encodeChannelFrame(channel: number, payload: Uint8Array, mask: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(headroom + payload.length + 3);
  buffer.set(payload, headroom);
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(mask >>> 0);
  const [k0 = 0, k1 = 0, k2 = 0, k3 = 0] = key;
  // The channel byte takes the first byte of the mask, so the payload's mask is rotated by one.
  xorWords(buffer, headroom, payload.length, Buffer.from([k1, k2, k3, k0]));
  buffer[headroom - 1] = channel ^ k0;
  const length = payload.length + 1;
  const start = writeHeader(buffer, headroom - 1, opcodes.binary, length, key);
  return buffer.subarray(start, headroom + payload.length);
}

/** One masked control frame; the payload is at most 125 bytes. */
export function encodeControlFrame(opcode: number, payload: Uint8Array, mask: number): Buffer {
  const buffer = Buffer.allocUnsafe(headroom + payload.length);
  const key = Buffer.allocUnsafe(4);
  key.writeUInt32BE(mask >>> 0);
  payload.forEach((byte, i) => (buffer[headroom + i] = byte ^ (key[i & 3] ?? 0)));
  return buffer.subarray(writeHeader(buffer, headroom, opcode, payload.length, key));
}

/** Writes the header so that it ends at `end`; gives the offset where it starts. */
function writeHeader(buffer: Buffer, end: number, opcode: number, length: number, key: Buffer): number {
  buffer.set(key, end - 4);
  const first = 0x80 | opcode;
  if (length < 126) {
    buffer[end - 5] = 0x80 | length;
    buffer[end - 6] = first;
    return end - 6;
  }
  if (length < 65536) {
    buffer.writeUInt16BE(length, end - 6);
    buffer[end - 7] = 0x80 | 126;
    buffer[end - 8] = first;
    return end - 8;
  }
  buffer.writeBigUInt64BE(BigInt(length), end - 12);
  buffer[end - 13] = 0x80 | 127;
  buffer[end - 14] = first;
  return end - 14;
}

/** XORs `length` bytes from `offset` (a multiple of 4) with a repeated key. May change up to 3 bytes behind them. */
function xorWords(buffer: Buffer, offset: number, length: number, key: Buffer): void {
  const words = new Uint32Array(buffer.buffer, buffer.byteOffset + offset, (buffer.length - offset) >> 2);
  // In the byte order of the machine, as the view is.
  const word = new Uint32Array(Uint8Array.from(key).buffer)[0] ?? 0;
  const count = (length + 3) >> 2;
  for (let i = 0; i < count; i++) words[i] = (words[i] ?? 0) ^ word;
}
