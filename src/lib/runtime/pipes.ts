import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { bun } from './bun.ts';

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;
/** Bytes read ahead of the consumer. */
const readAhead = 1 << 18;

/** One end for a child process, which is to be closed here once the child has it, and one for this process. */
export interface Pipe {
  readonly child: number;
  readonly ours: number;
}

/**
 * Pipes for the three streams of a child. The pipes of child_process are socket pairs, and a socket cannot be opened by
 * name: `echo oops > /dev/stderr` would fail in the child, which it does in no container. So these are named pipes that
 * lose their name at once.
 */
export function makePipes(folder: string): { stdin: Pipe; stdout: Pipe; stderr: Pipe } {
  const [stdin, stdout, stderr] = Array.from({ length: 3 }, () => join(folder, randomUUID())) as [
    string,
    string,
    string,
  ];
  const paths = [stdin, stdout, stderr];
  execFileSync('mkfifo', ['-m', '0600', ...paths]);
  try {
    return { stdin: towards(stdin), stdout: away(stdout), stderr: away(stderr) };
  } finally {
    for (const path of paths) unlinkSync(path);
  }
}

function towards(path: string): Pipe {
  // Opening one end blocks until there is the other; a descriptor for both ends never does.
  const both = openSync(path, O_RDWR | O_NONBLOCK);
  try {
    return { child: openSync(path, O_RDONLY), ours: openSync(path, O_WRONLY | O_NONBLOCK) };
  } finally {
    closeSync(both);
  }
}

function away(path: string): Pipe {
  const ours = openSync(path, O_RDONLY | O_NONBLOCK);
  return { child: openSync(path, O_WRONLY), ours };
}

/** Reads a descriptor to its end, then closes it. A terminal whose last user has gone (EIO) is at its end. */
export function readDescriptor(descriptor: number): Readable {
  if (bun === undefined) return new Socket({ fd: descriptor, readable: true, writable: false });
  const reader = bun.file(descriptor).stream().getReader();
  return new Readable({
    highWaterMark: readAhead,
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'EIO') this.push(null);
          else this.destroy(error as Error);
        },
      );
    },
    destroy(error, done) {
      const close = (): void => {
        closeSync(descriptor);
        done(error);
      };
      reader.cancel().then(close, close);
    },
  });
}

/** Writes to a descriptor, and closes it when the stream ends. `keepOpen` leaves that to another owner. */
export function writeDescriptor(descriptor: number, { keepOpen = false } = {}): Writable {
  if (bun === undefined) return new Socket({ fd: descriptor, readable: false, writable: true });
  const sink = bun.file(descriptor).writer();
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    try {
      // The sink has a duplicate of the descriptor.
      await sink.end();
    } finally {
      if (!keepOpen) closeSync(descriptor);
    }
  };
  const write = async (chunk: Buffer): Promise<void> => {
    await sink.write(chunk);
    await sink.flush();
  };
  const settle = (work: Promise<void>, done: (error?: Error | null) => void): void => {
    work.then(
      () => done(),
      (error: unknown) => done(error as Error),
    );
  };
  return new Writable({
    highWaterMark: readAhead,
    write: (chunk: Buffer, _, done) => settle(write(chunk), done),
    final: (done) => settle(close(), done),
    destroy: (error, done) =>
      settle(
        close().catch(() => {}),
        () => done(error),
      ),
  });
}
