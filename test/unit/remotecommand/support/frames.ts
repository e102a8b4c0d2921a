/** One WebSocket frame as bytes, right or wrong: what a peer may put on the wire. */
export interface FrameParts {
  readonly opcode: number;
  readonly payload?: Uint8Array;
  readonly fin?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** Claims this length instead of the payload's. */
  readonly claim?: bigint;
  /** Uses the 16 or 64 bit form although a shorter one would do. */
  readonly form?: 7 | 16 | 64;
}

/** RFC 6455 section 5.2, written apart from the product so that both can be wrong only separately. */
export function frame(parts: FrameParts): Buffer {
  const payload = Buffer.from(parts.payload ?? []);
  const length = parts.claim ?? BigInt(payload.length);
  const form = parts.form ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
  const first = (parts.fin === false ? 0 : 0x80) | ((parts.reserved ?? 0) << 4) | parts.opcode;
  const maskBit = parts.masked === true ? 0x80 : 0;
  const head: number[] = [first];
  if (form === 7) head.push(maskBit | Number(length));
  else if (form === 16) head.push(maskBit | 126, Number(length >> 8n), Number(length & 0xffn));
  else {
    head.push(maskBit | 127);
    for (let shift = 56n; shift >= 0n; shift -= 8n) head.push(Number((length >> shift) & 0xffn));
  }
  if (parts.masked === true) head.push(0, 0, 0, 0);
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A close frame with a code and a reason. */
export function closeFrame(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return frame({ opcode: 8, payload });
}

/** A whole binary message on one channel. */
export function message(channel: number, bytes: Uint8Array | string): Buffer {
  return frame({ opcode: 2, payload: Buffer.concat([Buffer.from([channel]), Buffer.from(bytes as Uint8Array)]) });
}

/** Cuts bytes at the given offsets, which may repeat and lie outside. */
export function cutAt(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const inside = offsets.filter((offset) => offset <= bytes.length).sort((a, b) => a - b);
  const borders = [0, ...inside, bytes.length];
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
}
