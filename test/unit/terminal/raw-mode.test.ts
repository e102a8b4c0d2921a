import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { suite, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { openPty, type Pty } from '../../support/pty.ts';

const program = resolve(import.meta.dirname, 'support/raw.ts');
const bun = resolve(import.meta.dirname, '../../../node_modules/.bin/bun');

/** Shows the settings of the terminal before and after the program, its process id and its exit code. */
function openAround(runtime: string, way: string): Promise<Pty> {
  const run = `sh -c 'echo "pid $$"; exec ${runtime} ${program} ${way}'`;
  const script = `echo "before $(stty -g)"; ${run}; echo "code $?"; echo "after $(stty -g)"`;
  return openPty(['sh', '-c', script], { timeout: 20_000 });
}

const ways = ['end', 'throw', 'uncaught', 'exit', 'crash'];
const signals = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

for (const [name, runtime] of [
  ['bun', bun],
  ['node', process.execPath],
] as const) {
  suite(`raw mode under ${name}`, () => {
    for (const way of ways) {
      test(`the terminal is as it was after: ${way}`, async () => {
        const pty = await openAround(runtime, way);
        await pty.ended;
        assert.match(pty.screen(), /-icanon/, 'it was raw');
        assertRestored(pty.screen());
      });
    }

    for (const signal of signals) {
      test(`the terminal is as it was after ${signal}`, async () => {
        const pty = await openAround(runtime, 'wait');
        await pty.sees(/ready/);
        process.kill(childOf(pty.screen()), signal);
        await pty.ended;
        assertRestored(pty.screen());
        assert.match(pty.screen(), /code (129|130|131|143)/);
      });
    }

    test('a signal that somebody else handles restores the terminal and ends nothing', async () => {
      const pty = await openAround(runtime, 'taken');
      await pty.sees(/ready/);
      process.kill(childOf(pty.screen()), 'SIGTERM');
      await pty.sees(/code 5/);
      await pty.ended;
      assertRestored(pty.screen());
    });

    test('after a stop the terminal is raw again', async () => {
      const pty = await openAround(runtime, 'wait');
      await pty.sees(/ready/);
      const pid = childOf(pty.screen());
      process.kill(pid, 'SIGSTOP');
      execFileSync('sh', ['-c', `stty sane < /proc/${pid}/fd/0`]);
      process.kill(pid, 'SIGCONT');
      await eventually('raw mode', () =>
        execFileSync('sh', ['-c', `stty -a < /proc/${pid}/fd/0`], { encoding: 'utf8' }).includes('-icanon'),
      );
      process.kill(pid, 'SIGTERM');
      await pty.ended;
    });

    test('the size is that of the terminal, and each change is told', async () => {
      const pty = await openPty(['sh', '-c', `${runtime} ${program} sizes`], { columns: 91, rows: 31 });
      await pty.sees(/first \{"width":91,"height":31\}/);
      await pty.sees(/watching/);
      pty.resize(100, 40);
      await pty.sees(/now 100x40/);
      pty.resize(80, 24);
      await pty.sees(/now 80x24/);
      assert.equal((await pty.ended).code, 0);
    });
  });
}

test('raw mode of the binary changes no byte on its way to the screen', async () => {
  const pty = await openAround(bun, 'end');
  await pty.ended;
  assert.match(pty.screen(), /-opost/);
});

function childOf(screen: string): number {
  return Number(/pid (\d+)/.exec(screen)?.[1]);
}

function assertRestored(screen: string): void {
  const [before, after] = ['before', 'after'].map((word) => new RegExp(`${word} (\\S+)`).exec(screen)?.[1]);
  assert.ok(before !== undefined, screen);
  assert.equal(after, before, screen);
}
