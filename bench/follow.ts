import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { kxBinary } from '../test/support/program.ts';
import { startSandboxProcess } from '../test/support/sandbox.ts';
import type { Comparison, Following } from './comparison.ts';
import { residentPeak, type Run } from './measure.ts';

/** When nothing has come for so long nothing more will, in milliseconds. */
const silence = 10_000;
/** Of /proc: the unit of CPU time, in seconds (USER_HZ). */
const tick = 0.01;

/**
 * Runs a contender once, from the start of the pods until their last line has come, in a sandbox of its own. Rejects when a line
 * comes twice, or in another order; lines that do not come are counted.
 */
export async function measureFollowing(
  { contenders }: Comparison,
  following: Following,
  contender: string,
): Promise<Run> {
  const wanted = following.pods * following.lines;
  const words = [contenders[contender]].flat() as string[];
  const [file, ...args] = contender === 'stern' ? [sternBinary(), ...words] : [kxBinary(), ...words.slice(1)];
  const sandbox = await startSandboxProcess(talkingPods(following));
  const start = performance.now();
  const child = spawn(file, args, { env: { ...process.env, ...sandbox.env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const seen = await countLines(child.stdout, wanted);
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}: ${file} ${args.join(' ')}`);
    const seconds = (performance.now() - start) / 1000;
    return { seconds, peak: residentPeak(child.pid), cpu: cpuOf(child.pid), lost: wanted - seen };
  } finally {
    child.kill('SIGKILL');
    await exited;
    await sandbox.close();
  }
}

/** Pods that end when they have said all. */
function talkingPods({ pods, rate, lines }: Following): string {
  const pod = (index: number): string => `apiVersion: v1
kind: Pod
metadata:
  name: web-${index}
  labels: { app: web }
  annotations: { sandbox.kx.dev/log: rate=${rate} length=80 lines=${lines} }
spec:
  nodeName: node-1
  restartPolicy: Never
  containers: [{ name: main, image: 'test/main:1' }]
`;
  return [
    'apiVersion: v1\nkind: Node\nmetadata: { name: node-1 }\n',
    ...Array.from({ length: pods }, (_, at) => pod(at)),
  ].join('---\n');
}

/** Counts lines `POD main NUMBER …` until there are so many, or nothing more comes. */
async function countLines(output: NodeJS.ReadableStream, wanted: number): Promise<number> {
  const last = new Map<string, number>();
  let seen = 0;
  const reader = createInterface({ input: output });
  let timer = setTimeout(() => reader.close(), silence * 3);
  for await (const line of reader) {
    const [, pod = '', number] = /^(\S+) (?:main )?(\d+) x/.exec(line) ?? [];
    if (number === undefined) throw new Error(`no line of a pod: ${line}`);
    if (Number(number) <= (last.get(pod) ?? 0)) throw new Error(`came twice, or too late: ${line}`);
    last.set(pod, Number(number));
    if (++seen === wanted) break;
    if (seen % 1000 > 0) continue;
    clearTimeout(timer);
    timer = setTimeout(() => reader.close(), silence);
  }
  clearTimeout(timer);
  return seen;
}

function cpuOf(pid: number | undefined): number {
  // The name, in parentheses, may have spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

/** Builds stern, the first time. */
function sternBinary(): string {
  const script = resolve(import.meta.dirname, 'stern.sh');
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}
