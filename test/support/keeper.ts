/**
 * Holds a test file to its time, and leaves nothing of it. The runner's command loads this before each file (`--import`), so
 * does all that starts something. A shell outlives the process of the file, however that ends: it carries out what was
 * bequeathed, and removes the temporary folder, which holds all the others because TMPDIR names it.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** Seconds that a test file may take: more than twice of what the longest does on two slow cores that others use too. */
const limit = Number(process.env['KX_TEST_FILE_SECONDS'] ?? 1200);
/** Seconds that it has to end when all of its tests have. */
const grace = Math.min(limit / 2, 10);

/** True where the runner started this process for a test file; a benchmark, which starts the same things, has no limits. */
export const isTestFile = process.env['NODE_TEST_CONTEXT'] !== undefined;

const script = `
read -r $2
if [ $? -gt 128 ]; then
  echo "$4 took more than \${2#-t } s: killed" >&2
  kill -KILL "$3"
fi
exec 2>/dev/null
for will in "$1"/wills/*; do bash "$will" & done
wait
# What it started has started more, and all of that has its TMPDIR.
for environ in $(grep -lsz "^TMPDIR=$1" /proc/[0-9]*/environ); do
  pid=\${environ#/proc/}
  kill -KILL "\${pid%/environ}"
done
rm -rf "$1"`;

const file = process.argv[1] ?? '';
let folder: string | undefined;
let count = 0;

// The runner loads this too, but runs no test itself.
if (!process.execArgv.includes('--test')) {
  folder = startKeeper();
  if (isTestFile) limitFile();
}

function startKeeper(): string {
  const own = mkdtempSync(join(tmpdir(), 'kx-test-'));
  // Tests that act as somebody else find their folders in it.
  chmodSync(own, 0o755);
  mkdirSync(join(own, 'wills'));
  const words = ['-c', script, 'keeper', own, isTestFile ? `-t ${limit}` : '', `${process.pid}`, file];
  const keeper = spawn('bash', words, { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
  process.env['TMPDIR'] = own;
  keeper.unref();
  (keeper.stdin as Socket).unref();
  return own;
}

function limitFile(): void {
  const runner = process.ppid;
  const checkRunner = (): void => {
    if (process.ppid !== runner) process.exit(1);
  };
  setInterval(checkRunner, 1000).unref();
  after(() => {
    const giveUp = (): void => {
      const open = process.getActiveResourcesInfo().join(', ');
      console.error(`${file} is over, but something that it started keeps it from ending: ${open}`);
      process.exit(1);
    };
    setTimeout(giveUp, grace * 1000).unref();
  });
}

/** A script of bash that is run when this process is gone, unless it was taken back: the answer does that. */
export function bequeath(will: string): () => void {
  if (folder === undefined) throw new Error('the test runner itself starts nothing');
  const file = join(folder, 'wills', `${++count}`);
  writeFileSync(file, will);
  return () => rmSync(file, { force: true });
}
