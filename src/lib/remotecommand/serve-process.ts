import type { Readable, Writable } from 'node:stream';
import type { ExitStatus, RemoteProcess } from '../process/index.ts';
import type { FrameLink } from './frame-link.ts';
import { statusOfError, statusOfExit } from './status.ts';
import { channels } from './subprotocol.ts';

/**
 * The server half: puts a process on a link. Resolves when the link has ended. It never sends CLOSE, which kubectl
 * rejects. A link that is lost ends the process's stdin and discards its output; the process itself goes on, as it does
 * on a kubelet.
 */
export function serveProcess(link: FrameLink, remote: RemoteProcess): Promise<void> {
  return new Promise((resolve) => {
    const outputs = [
      { channel: channels.stdout, stream: remote.stdout },
      ...(remote.stderr === null ? [] : [{ channel: channels.stderr, stream: remote.stderr }]),
    ];
    let linked = true;

    for (const { channel, stream } of outputs) {
      stream.on('data', (bytes: Buffer) => {
        if (linked && !link.send(channel, bytes)) for (const each of outputs) each.stream.pause();
      });
    }
    const finish = async (): Promise<void> => {
      const status = await remote.exit.then(
        (exit: ExitStatus) => statusOfExit(exit),
        (error: unknown) => statusOfError(error as Error),
      );
      await Promise.all(outputs.map(({ stream }) => ended(stream)));
      if (!linked) return;
      link.send(channels.error, Buffer.from(JSON.stringify(status)));
      link.close();
    };
    link.listen({
      onFrame: (channel, bytes) => {
        if (channel === channels.stdin) feed(link, remote.stdin, bytes);
        else if (channel === channels.close && bytes[0] === channels.stdin) remote.stdin?.end();
        else if (channel === channels.resize) resize(remote, bytes);
      },
      onDrain: () => {
        for (const { stream } of outputs) stream.resume();
      },
      onEnd: () => {
        linked = false;
        remote.stdin?.end();
        for (const { stream } of outputs) stream.resume();
        resolve();
      },
    });
    // A command that does not read its input, or is gone, is no fault of the server half.
    remote.stdin?.on('error', () => {});
    void finish();
  });
}

function feed(link: FrameLink, stdin: Writable | null, bytes: Buffer): void {
  if (stdin === null || stdin.destroyed || stdin.writableEnded || stdin.write(bytes)) return;
  link.pause();
  const resume = (): void => {
    stdin.off('drain', resume);
    stdin.off('close', resume);
    link.resume();
  };
  stdin.on('drain', resume);
  stdin.on('close', resume);
}

function resize(remote: RemoteProcess, message: Buffer): void {
  try {
    const size = JSON.parse(message.toString('utf8')) as { Width?: unknown; Height?: unknown };
    if (typeof size.Width === 'number' && typeof size.Height === 'number') {
      remote.resize({ width: size.Width, height: size.Height });
    }
  } catch {
    // A size that cannot be read is no reason to end a session.
  }
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve();
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}
