/** A program that shows how the streams of lib/terminal behave as the descriptors of a real process. */
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { endProcess, openInput, openOutput, replaceProcessStreams } from '../../../../src/lib/terminal/index.ts';

const [task, amount = '0'] = process.argv.slice(2);
const output = openOutput(1);

async function writeMany(bytes: number): Promise<void> {
  const chunk = Buffer.alloc(32 * 1024);
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    chunk.writeUInt32BE(sent);
    if (!output.write(Buffer.from(chunk))) await once(output, 'drain');
  }
}

switch (task) {
  case 'write':
    await writeMany(Number(amount));
    break;
  case 'copy':
    for await (const chunk of openInput()) if (!output.write(chunk)) await once(output, 'drain');
    break;
  case 'keep': {
    // Waits for a file at each chunk.
    const file = await open(devNull, 'w');
    let length = 0;
    for await (const chunk of openInput()) length += (await file.write(chunk as Buffer)).bytesWritten;
    await file.close();
    output.write(`${length}\n`);
    break;
  }
  case 'take': {
    // Takes the first chunk and leaves.
    const input = openInput();
    const [chunk] = (await once(input, 'data')) as [Buffer];
    input.destroy();
    output.write(chunk);
    break;
  }
  case 'ticks': {
    // Counts on while nobody reads what was written.
    output.write(Buffer.alloc(1 << 20));
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === 20) process.stderr.write('still alive\n');
    }, 5);
    await once(output, 'drain');
    clearInterval(timer);
    break;
  }
  case 'replaced':
    replaceProcessStreams();
    process.stdout.write('through process.stdout\n');
    break;
  case 'until-broken':
    output.on('error', (error: NodeJS.ErrnoException) => void endProcess(error.code === 'EPIPE' ? 7 : 8));
    await writeMany(Infinity);
    break;
}
await endProcess(0);
