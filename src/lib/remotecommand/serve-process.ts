import type { Readable, Writable } from 'node:stream';
import { KxError } from '../errors/index.ts';
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
    const feed = feeder(link, remote.stdin);

    for (const { channel, stream } of outputs) {
      stream.on('data', (bytes: Buffer) => {
        if (linked && !link.send(channel, bytes)) for (const each of outputs) each.stream.pause();
      });
      // An output that breaks has ended; the process's own ending says how.
      stream.on('error', () => {});
    }
    remote.stdin?.on('error', (error) => {
      // A process that does not read its input, or is gone, is no fault of the server half. One that cannot be told the
      // end of its input would never end.
      if (error instanceof KxError && error.code === 'KX_STDIN_END') remote.disconnect(error);
    });
    const finish = async (): Promise<void> => {
      const status = await remote.exit.then(
        (exit: ExitStatus) => statusOfExit(exit),
        (error: unknown) => statusOfError(error as Error),
      );
      await Promise.all(outputs.map(({ stream }) => ended(stream)));
      feed.stop();
      if (!linked) return;
      link.send(channels.error, Buffer.from(JSON.stringify(status)));
      link.close();
    };
    link.listen({
      onFrame: (channel, bytes) => {
        if (channel === channels.stdin) feed.take(bytes);
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
    void finish();
  });
}

/** Hands stdin on and holds the link while the process does not take it. After `stop` what comes is dropped. */
function feeder(link: FrameLink, stdin: Writable | null): { take(bytes: Buffer): void; stop(): void } {
  let stopped = false;
  let waiting = false;
  const resume = (): void => {
    waiting = false;
    stdin?.off('drain', resume).off('close', resume);
    link.resume();
  };
  return {
    take: (bytes) => {
      if (stopped || stdin === null || stdin.destroyed || stdin.writableEnded || stdin.write(bytes) || waiting) return;
      waiting = true;
      link.pause();
      stdin.on('drain', resume).on('close', resume);
    },
    stop: () => {
      stopped = true;
      if (waiting) resume();
    },
  };
}

function resize(remote: RemoteProcess, message: Buffer): void {
  try {
    const size = JSON.parse(message.toString('utf8')) as { Width?: unknown; Height?: unknown };
    if (isLength(size.Width) && isLength(size.Height)) remote.resize({ width: size.Width, height: size.Height });
  } catch {
    // A size that cannot be read is no reason to end a session.
  }
}

/** The kernel's window size has 16 bits, and so has TerminalSize in k8s.io/client-go/tools/remotecommand. */
function isLength(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65536;
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) return resolve();
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}
