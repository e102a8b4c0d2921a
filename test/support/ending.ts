import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, getTestContext } from 'node:test';
import { bequeath, isTestFile } from './keeper.ts';

const endings = new WeakMap<object, (() => unknown)[]>();
const ofFile = {};

/**
 * Ends what was started when the test that started it is over, passed, failed or timed out; the last started first. What
 * a hook of a suite started ends with the suite, what no test and no suite started with the file. A benchmark, which is
 * no test, ends it itself.
 */
export function endAfterwards(end: () => unknown): void {
  const context = getTestContext();
  const key = context ?? ofFile;
  const others = endings.get(key);
  if (others !== undefined) {
    others.push(end);
    return;
  }
  endings.set(key, [end]);
  const hook = (): Promise<void> => endAll(key);
  // A suite has `after` too, though not in the types.
  if (context !== undefined) (context as { after(hook: () => Promise<void>): void }).after(hook);
  else if (isTestFile) after(hook);
}

async function endAll(key: object): Promise<void> {
  const ends = endings.get(key) ?? [];
  const errors: unknown[] = [];
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    try {
      await end();
    } catch (error) {
      errors.push(error);
    }
  }
  endings.delete(key);
  if (errors.length > 0) throw new AggregateError(errors, errors.join('; '));
}

/** Ends a process then: politely, and after 5 s not. It ends too when this process is killed. */
export function endProcessAfterwards(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  const takeBack = bequeath(
    `kill -TERM ${pid}; kill -CONT ${pid}; for i in {1..50}; do kill -0 ${pid} || exit; sleep 0.1; done; kill -KILL ${pid}`,
  );
  child.once('exit', takeBack);
  endAfterwards(async () => {
    await endProcess(child);
    // Who inherited them may hold them open for longer.
    for (const stream of child.stdio) stream?.destroy();
  });
}

/** Ends a process if it still runs: politely, and after 5 s not. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  child.kill('SIGCONT');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone.finally(() => clearTimeout(late));
}

/** A new empty folder, which is removed then. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kx-'));
  endAfterwards(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
