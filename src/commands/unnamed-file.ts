import { mkdtemp, open, rmdir, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary file that only this user can read, and that has no name any more where the system allows it. */
export interface UnnamedFile {
  readonly handle: FileHandle;
  /** Closes it; nothing of it is left. */
  readonly close: () => Promise<void>;
}

/** Makes one; `prefix` is what the name of its folder begins with. Rejects with the error of the system, and leaves nothing. */
export async function openUnnamedFile(prefix: string): Promise<UnnamedFile> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  const path = join(folder, 'content');
  const handle = await open(path, 'wx+', 0o600).catch(async (error: unknown) => {
    await rmdir(folder);
    throw error;
  });
  const remove = async (): Promise<void> => {
    await unlink(path);
    await rmdir(folder);
  };
  // Windows removes no file that is open.
  const isNamed = process.platform === 'win32';
  if (!isNamed) await remove();
  return {
    handle,
    close: async () => {
      await handle.close();
      if (isNamed) await remove();
    },
  };
}
