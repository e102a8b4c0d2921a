import { closeSync, constants, ftruncateSync, openSync, read } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { toName, type Entry, type Name } from '../entry.ts';
import { applyMetadata, type Keeping } from './metadata.ts';
import { below, fsPath } from './path.ts';
import { isSystemError } from './problem.ts';
import { writeAll } from './pour.ts';
import { openStaged, type Staged } from './stage.ts';

const pieceBytes = 1 << 20;
const readPiece = promisify(read);

/** Opens a file for what an existing one is to hold. It may be anywhere: of some mounts that one file is all that can be written. */
export function stageForOverwriting(full: Name, suffix?: string): Staged {
  try {
    return openStaged(full, 0o600, suffix);
  } catch (error) {
    if (!isSystemError(error) || !['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error;
    return openStaged(below(toName(tmpdir()), 'content'), 0o600);
  }
}

/** Gives an existing regular file the content of a buffer, or of an open file. `overwriting`: see writeFile. */
export async function overwrite(
  entry: Entry,
  full: Name,
  keeping: Keeping,
  content: Buffer | number,
  overwriting: (now: boolean) => void,
): Promise<void> {
  const fd = openSync(fsPath(full), constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    overwriting(true);
    if (typeof content === 'number') await copyContent(content, fd);
    else await writeAll(fd, [content]);
    ftruncateSync(fd, entry.size);
    applyMetadata(fd, entry, keeping);
  } finally {
    closeSync(fd);
  }
  overwriting(false);
}

async function copyContent(from: number, to: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (let position = 0; ;) {
    const { bytesRead } = await readPiece(from, buffer, 0, pieceBytes, position);
    if (bytesRead === 0) return;
    await writeAll(to, [buffer.subarray(0, bytesRead)]);
    position += bytesRead;
  }
}
