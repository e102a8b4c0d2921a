import { once } from 'node:events';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';

export interface ArchiveEntry {
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Buffer;
}

/** A .tar.gz of the entries in their order. The same entries and the same time give the same bytes. */
export async function packArchive(entries: readonly ArchiveEntry[], mtime: Date): Promise<Buffer> {
  const archive = pack();
  for (const { name, mode, content } of entries) {
    archive.entry({ name, mode, mtime, uid: 0, gid: 0, uname: 'root', gname: 'root' }, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return promisify(gzip)(Buffer.concat(chunks), { level: constants.Z_BEST_COMPRESSION });
}

/** The files of a .tar.gz. */
export async function readArchive(archive: Buffer): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const reading = extract();
  reading.on('entry', ({ name, mode, type }, body, next) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk) => chunks.push(chunk as Buffer));
    body.on('end', () => {
      if (type === 'file') entries.push({ name, mode, content: Buffer.concat(chunks) });
      next();
    });
  });
  const ended = once(reading, 'finish');
  reading.end(await promisify(gunzip)(archive));
  await ended;
  return entries;
}
