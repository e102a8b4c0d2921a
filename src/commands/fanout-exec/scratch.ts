import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { KxError } from '../../lib/errors/index.ts';
import { openUnnamedFile, type UnnamedFile } from '../unnamed-file.ts';

/** Bytes that are too many for memory, in a temporary file that is made when the first come. */
export interface Scratch {
  /** How many were appended since it was made or cleared. */
  readonly size: number;
  /** Keeps bytes behind those before, in the order of the calls, and gives where they begin. Rejects with KX_INTERNAL. */
  append(bytes: Uint8Array): Promise<number>;
  /** Bytes that were appended. */
  read(position: number, length: number): Promise<Buffer>;
  /** Forgets everything, and gives the room back. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The file can be read by this user only, and has no name any more where the system allows it. */
export function createScratch(): Scratch {
  let opened: Promise<UnnamedFile> | undefined;
  let size = 0;
  const file = (): Promise<UnnamedFile> => (opened ??= openUnnamedFile('kx-fanout-').catch(refuse));
  return {
    get size() {
      return size;
    },
    async append(bytes) {
      const position = size;
      size += bytes.length;
      const { handle } = await file();
      await writeAll(handle, bytes, position).catch(refuse);
      return position;
    },
    async read(position, length) {
      const { handle } = await file();
      const buffer = Buffer.allocUnsafe(length);
      for (let have = 0; have < length;) {
        const { bytesRead } = await handle.read(buffer, have, length - have, position + have);
        if (bytesRead === 0) throw new KxError('KX_INTERNAL', 'the temporary file was cut', { ran: 'yes' });
        have += bytesRead;
      }
      return buffer;
    },
    async clear() {
      size = 0;
      await (await opened)?.handle.truncate(0);
    },
    async close() {
      const last = await opened?.catch(() => undefined);
      opened = undefined;
      await last?.close();
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

function refuse(error: unknown): never {
  throw new KxError('KX_INTERNAL', `cannot keep output in ${tmpdir()}: ${(error as Error).message}`, {
    ran: 'maybe',
    cause: error,
    hint: 'TMPDIR names another place',
  });
}
