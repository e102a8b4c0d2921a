/** A program that goes into raw mode and leaves it in one of many ways. */
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { terminalSize, watchTerminalSize, withRawMode } from '../../../../src/lib/terminal/index.ts';

const [way] = process.argv.slice(2);
// bun goes on after an error that nobody catches; kx ends.
process.on('uncaughtException', () => process.exit(1));
const say = (text: string): void => void process.stderr.write(`${text}\r\n`);

await withRawMode(async () => {
  say(spawnSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' }).stdout);
  switch (way) {
    case 'end':
      return;
    case 'throw':
      throw new Error('thrown');
    case 'uncaught':
      setTimeout(() => {
        throw new Error('uncaught');
      });
      break;
    case 'exit':
      process.exit(3);
      break;
    case 'crash':
      await Promise.reject(new Error('crash'));
      break;
    case 'sizes': {
      const show = (label: string): void => say(`${label} ${JSON.stringify(terminalSize())}`);
      show('first');
      const sizes: string[] = [];
      await new Promise<void>((done) => {
        const stop = watchTerminalSize(({ width, height }) => {
          say(`now ${width}x${height}`);
          if (sizes.push('') === 2) {
            stop();
            done();
          }
        });
        say('watching');
        // node does not wait for signals.
        setTimeout(done, 20_000);
      });
      return process.exit(0);
    }
    case 'taken':
      // Somebody else decides what the signal means, and takes a while.
      process.once('SIGTERM', () => setTimeout(() => process.exit(5), 300));
      break;
  }
  say('ready');
  await delay(20_000);
});
