import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { Comparison } from './cases.ts';

/** One run of one program. */
export interface Run {
  /** From the start of the process to its end, in seconds. */
  readonly seconds: number;
  /** The largest resident set, in bytes; undefined where it was not watched. */
  readonly peak: number | undefined;
}

/** How often the peak is read, in milliseconds. The kernel keeps it, so only what comes after the last look is missed. */
const lookEvery = 20;

/** Runs a program once. Rejects when it fails or its output is not what the comparison expects. */
export async function measure(
  program: readonly string[],
  comparison: Comparison,
  inputFile: string,
  env: NodeJS.ProcessEnv,
): Promise<Run> {
  const [file = '', ...args] = program;
  const input = openSync(comparison.input === undefined ? '/dev/null' : inputFile, 'r');
  const start = performance.now();
  const child = spawn(file, args, { env, stdio: [input, comparison.output === 'pipe' ? 'pipe' : 'ignore', 'pipe'] });
  closeSync(input);
  const exited = once(child, 'exit').then(([code]) => ({ code: code as number, end: performance.now() }));
  const closed = once(child, 'close');

  let bytes = 0;
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (text.length < 4096) text += chunk.toString('latin1', 0, 4096);
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));

  let peak = 0;
  const look = () => (peak = Math.max(peak, residentPeak(child.pid)));
  const timer = comparison.memory === true ? setInterval(look, lookEvery) : undefined;
  const { code, end } = await exited;
  clearInterval(timer);
  await closed;

  const shown = `${program.join(' ')}\n${errors}`;
  if (code !== 0) throw new Error(`exit code ${code}: ${shown}`);
  const { expect } = comparison;
  if (expect?.bytes !== undefined && bytes !== expect.bytes) throw new Error(`${bytes} bytes came: ${shown}`);
  if (expect?.text !== undefined && !expect.text.test(text))
    throw new Error(`answered ${JSON.stringify(text)}: ${shown}`);
  return { seconds: (end - start) / 1000, peak: peak || undefined };
}

function residentPeak(pid: number | undefined): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The value in the middle; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
