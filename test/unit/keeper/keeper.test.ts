import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../../support/ending.ts';
import { eventually } from '../../support/eventually.ts';
import { start, type Running } from '../../support/program.ts';

const keeper = resolve(import.meta.dirname, '../../support/keeper.ts');

/** Runs a file of support/ as the Makefile runs tests, with so many seconds. */
function runFile(name: string, seconds: number, env: Readonly<Record<string, string>> = {}): Running {
  const file = resolve(import.meta.dirname, `support/${name}.ts`);
  return start(process.execPath, ['--import', keeper, '--test', '--test-reporter=tap', file], {
    env: { NODE_TEST_CONTEXT: undefined, KX_TEST_FILE_SECONDS: `${seconds}`, ...env },
  });
}

async function sleepersOf(running: Running, count: number): Promise<number[]> {
  const found = (): number[] =>
    [
      ...running
        .stdout()
        .toString()
        .matchAll(/sleeper (\d+);/g),
    ].map(([, pid]) => Number(pid));
  await eventually(`${count} processes run`, () => found().length === count);
  return found();
}

/** Whether a process has ended; nobody may have asked for its exit code yet. */
const isGone = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === true;
  } catch {
    return true;
  }
};

suite('a run of test files', { concurrency: 2 }, () => {
  test('ends at once when tests fail that started something, and leaves none of it', async () => {
    const running = runFile('fails', 50);
    const { code, stdout } = await running.ended;
    assert.equal(code, 1);
    assert.match(stdout.toString(), /^# fail 1\n# cancelled 1$/m);
    assert.ok((await sleepersOf(running, 3)).every(isGone));
    assert.doesNotMatch(stdout.toString(), /took more than|keeps it from ending/);
  });

  test('ends, and names a file that passes but keeps something open', async () => {
    const { code, stdout } = await runFile('holds', 4).ended;
    assert.equal(code, 1);
    assert.match(
      stdout.toString(),
      /holds\.ts is over, but something that it started keeps it from ending: .*TCPServerWrap/,
    );
  });

  test('ends, and names a file that takes too long', async () => {
    const running = runFile('hangs', 3);
    const { code, stdout } = await running.ended;
    assert.equal(code, 1);
    assert.match(stdout.toString(), /hangs\.ts took more than 3 s: killed/);
    const [pid = 0] = await sleepersOf(running, 1);
    await eventually('what it started is gone', () => isGone(pid));
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`leaves nothing when it gets ${signal}`, async () => {
      const note = join(temporaryFolder(), 'note');
      const running = runFile('waits', 50, { KX_TEST_NOTE: note });
      await eventually('it has started something', () => existsSync(note) && readFileSync(note, 'utf8').endsWith(';'));
      const pid = parseInt(readFileSync(note, 'utf8').slice('sleeper '.length), 10);
      running.child.kill(signal);
      await eventually('what it started is gone', () => isGone(pid));
    });
  }
});
