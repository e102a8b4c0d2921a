import type { Readable } from 'node:stream';
import type { ExitStatus, RemoteProcess } from './remote-process.ts';

export interface Collected {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly status: ExitStatus;
}

/** Reads both outputs of a process into memory and waits for its ending. Rejects as its `exit` does. */
export async function collect(remote: RemoteProcess): Promise<Collected> {
  const [stdout, stderr, status] = await Promise.all([
    readAll(remote.stdout),
    remote.stderr === null ? Buffer.alloc(0) : readAll(remote.stderr),
    remote.exit,
  ]);
  return { stdout, stderr, status };
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
