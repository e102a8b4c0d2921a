import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import type { Comparison } from './comparison.ts';
import { commandLine, env } from './programs.ts';

/** One run of one program. */
export interface Run {
  /** From the start of the process to its end, in seconds. */
  readonly seconds: number;
  /** The largest resident set, in bytes; undefined where it was not watched. */
  readonly peak: number | undefined;
  /** CPU time of the process, in seconds, and lines that did not come, where logs were followed. */
  readonly cpu?: number;
  readonly lost?: number;
}

/** How often the peak is read, in milliseconds. The kernel keeps it, so only what comes after the last look is missed. */
const lookEvery = 20;

/** Runs a contender once. Rejects when it fails or its output is not what the comparison expects. */
export async function measure(comparison: Comparison, contender: string): Promise<Run> {
  const program = comparison.contenders[contender]!;
  const [file = '', ...args] = commandLine(program);
  const input = openSync(comparison.input && comparison.source ? `source/${comparison.source.name}` : '/dev/null', 'r');
  const output = comparison.output === 'file' ? openSync('output', 'w') : undefined;
  const start = performance.now();
  const stdout = output ?? (comparison.output === 'pipe' ? 'pipe' : 'ignore');
  const child = spawn(file, args, { env: env(), stdio: [input, stdout, 'pipe'] });
  closeSync(input);
  if (output !== undefined) closeSync(output);
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
  // Of a shell line it would be the peak of the shell.
  const watched = comparison.memory !== undefined && typeof program !== 'string';
  const timer = watched ? setInterval(look, lookEvery) : undefined;
  const { code, end } = await exited;
  clearInterval(timer);
  await closed;

  const shown = `${file} ${args.join(' ')}\n${errors}`;
  if (code !== 0) throw new Error(`exit code ${code}: ${shown}`);
  const { expect } = comparison;
  if (output !== undefined) bytes = statSync('output').size;
  if (expect?.bytes !== undefined && bytes !== expect.bytes) throw new Error(`${bytes} bytes came: ${shown}`);
  if (expect?.text !== undefined && !expect.text.test(text))
    throw new Error(`answered ${JSON.stringify(text)}: ${shown}`);
  return { seconds: (end - start) / 1000, peak: peak || undefined };
}

/** The largest resident set of a process so far, in bytes; 0: it is gone. */
export function residentPeak(pid: number | undefined): number {
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
