import { KxError } from '../errors/index.ts';

/** The types of control frames. Source: SPDY Protocol, Draft 3.1, section 2.6. */
export const frameTypes = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
/** The flag of the last frame of a stream. */
export const fin = 1;
/** The status of a RST_STREAM whose sender merely has no more use for the stream. */
export const canceled = 5;

const headerLength = 8;
/** Larger data frames cost servers memory: they queue fifty of them. */
const maxData = 64 * 1024;
/** What comes with streams and their replies is small. */
const maxControl = 64 * 1024;
/** The numbers that a frame begins with, in bytes. */
const leastControl: Readonly<Record<number, number>> = { 1: 10, 2: 4, 3: 8, 6: 4, 7: 4 };

export interface SpdyHandlers {
  /** A piece of the data of a stream; `last` when the stream ends behind it. */
  onData(stream: number, bytes: Buffer, last: boolean): void;
  onControl(type: number, flags: number, payload: Buffer): void;
}

/**
 * Decodes the frames of one connection (SPDY Draft 3.1, section 2.2), whose bytes may come in any pieces. Data is handed on as
 * it comes, control frames whole. Throws KX_PROTOCOL, after which it takes no more.
 */
export function createSpdyDecoder(handlers: SpdyHandlers): (chunk: Buffer) => void {
  const header = Buffer.alloc(headerLength);
  let have = 0;
  let left = 0;
  let control: Buffer[] | undefined;

  const take = (piece: Buffer): void => {
    left -= piece.length;
    if (control === undefined) {
      const last = left === 0 && (header.readUInt8(4) & fin) !== 0;
      if (piece.length > 0 || last) handlers.onData(header.readUInt32BE(0), piece, last);
    } else if (left === 0) {
      handlers.onControl(header.readUInt16BE(2), header.readUInt8(4), Buffer.concat([...control, piece]));
    } else {
      control.push(piece);
    }
    if (left === 0) have = 0;
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (have < headerLength) {
        const count = chunk.copy(header, have, at, at + headerLength - have);
        have += count;
        at += count;
        if (have < headerLength) return;
        left = header.readUIntBE(5, 3);
        control = (header.readUInt8(0) & 0x80) === 0 ? undefined : [];
        if (control !== undefined) checkControl(header.readUInt16BE(0) & 0x7fff, header.readUInt16BE(2), left);
        if (left > 0) continue;
      }
      const piece = chunk.subarray(at, at + left);
      at += piece.length;
      take(piece);
    }
  };
}

function checkControl(version: number, type: number, length: number): void {
  if (version !== 3) throw broken(`version ${version}`);
  if (length > maxControl || length < (leastControl[type] ?? 0)) throw broken(`a control frame of ${length} bytes`);
}

/** The error of a peer that does not keep to the protocol. */
export function broken(what: string): KxError {
  return new KxError('KX_PROTOCOL', `the other side broke the SPDY protocol: ${what}`, { ran: 'maybe' });
}

/** The data frames of these bytes of a stream, in one piece. */
export function encodeData(stream: number, bytes: Uint8Array, flags = 0): Buffer {
  const frames = Math.max(1, Math.ceil(bytes.length / maxData));
  const buffer = Buffer.allocUnsafeSlow(bytes.length + frames * headerLength);
  let to = 0;
  for (let at = 0; at < Math.max(1, bytes.length); at += maxData) {
    const piece = bytes.subarray(at, at + maxData);
    buffer.writeUInt32BE(stream, to);
    buffer.writeUInt8(at + maxData >= bytes.length ? flags : 0, to + 4);
    buffer.writeUIntBE(piece.length, to + 5, 3);
    buffer.set(piece, to + headerLength);
    to += headerLength + piece.length;
  }
  return buffer;
}

/** A control frame whose payload is these numbers of 32 bits, and then these bytes. */
export function encodeControl(type: number, numbers: readonly number[], bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  const length = numbers.length * 4 + bytes.length;
  const buffer = Buffer.alloc(headerLength + length);
  buffer.writeUInt16BE(0x8003, 0);
  buffer.writeUInt16BE(type, 2);
  buffer.writeUInt32BE(length, 4);
  numbers.forEach((number, index) => buffer.writeUInt32BE(number >>> 0, headerLength + 4 * index));
  buffer.set(bytes, headerLength + 4 * numbers.length);
  return buffer;
}
