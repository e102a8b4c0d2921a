import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { temporaryFolder } from '../support/ending.ts';
import { eventually } from '../support/eventually.ts';
import { kxBinary } from '../support/program.ts';
import { kubectl, runKubectl, runLine, soak, startLine } from './support.ts';

const folder = temporaryFolder();
const mebibytes = soak ? 1024 : 256;
const maxMemory = 150 << 10;

/** Runs kx in a line of shell and gives what the line printed, with the peak memory of that kx in KiB. */
async function withPeakMemory(line: string): Promise<{ out: string; peak: number }> {
  const file = join(folder, 'pid');
  // The shell of bash becomes kx, so that its number is known.
  const measured = line.replace(
    'KX',
    () => `bash -c 'echo $$ >${file}; exec "$0" exec --context kx "$@"' '${kxBinary()}'`,
  );
  const running = startLine(`set -o pipefail; ${measured}`, { timeout: 180_000 });
  let peak = 0;
  let over = false;
  const watch = eventually(
    'kx has ended',
    async () => {
      const pid = await readFile(file, 'utf8').catch(() => '');
      const status = await readFile(`/proc/${pid.trim()}/status`, 'utf8').catch(() => '');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      return over;
    },
    180_000,
  );
  const ended = await running.ended;
  over = true;
  await watch;
  assert.deepEqual([ended.code, ended.stderr], [0, '']);
  return { out: ended.stdout.toString().trim(), peak };
}

suite('streams', () => {
  test(`${mebibytes} MiB come down whole in bounded memory`, async () => {
    const { out, peak } = await withPeakMemory(`KX one -- sh -c 'head -c ${mebibytes << 20} /dev/zero' | sha256sum`);
    const hash = createHash('sha256');
    for (let i = 0; i < mebibytes; i++) hash.update(Buffer.alloc(1 << 20));
    assert.equal(out.split(' ')[0], hash.digest('hex'));
    assert.ok(peak > 0 && peak <= maxMemory, `${peak} KiB`);
  });

  test(`${mebibytes} MiB go up whole in bounded memory, also where the command is slow`, async () => {
    for (const command of ['wc -c', "sh -c 'sleep 4; wc -c'"]) {
      const { out, peak } = await withPeakMemory(`head -c ${mebibytes}M /dev/zero | KX -i one -- ${command}`);
      assert.equal(Number(out), mebibytes << 20);
      assert.ok(peak > 0 && peak <= maxMemory, `${peak} KiB`);
    }
  });

  test('both ways at once', async () => {
    const { out, peak } = await withPeakMemory(`head -c ${mebibytes}M /dev/zero | KX -i one -- cat | wc -c`);
    assert.equal(Number(out), mebibytes << 20);
    assert.ok(peak > 0 && peak <= maxMemory, `${peak} KiB`);
  });

  test('a reader that sleeps loses nothing, and holds no memory', async () => {
    const line =
      "KX one -- sh -c 'yes 0123456789abcde | head -c 67108864' | { head -c 1000000; sleep 5; cat; } | sha256sum";
    const { out, peak } = await withPeakMemory(line);
    const hash = createHash('sha256').update(Buffer.alloc(64 << 20, '0123456789abcde\n'));
    assert.equal(out.split(' ')[0], hash.digest('hex'));
    assert.ok(peak > 0 && peak <= maxMemory, `${peak} KiB`);
  });

  test('a reader that leaves ends kx at once and quietly', async () => {
    for (const flags of ['', '-i', '--timeout 1m']) {
      const line = `kx ${flags} one -- yes </dev/null | head -c 10; code=\${PIPESTATUS[0]}; echo; echo $code`;
      const { stdout, stderr } = await runLine(line);
      assert.deepEqual([stdout.toString(), stderr], ['y\ny\ny\ny\ny\n\n141\n', '']);
    }
  });

  test('without -i a loop keeps its input', async () => {
    const line = 'printf "a\\nb\\nc\\n" | while read -r x; do kx one -- echo "got $x"; done';
    const { code, stdout } = await runLine(line);
    assert.deepEqual([code, stdout.toString()], [0, 'got a\ngot b\ngot c\n']);
  });

  test('stdout and stderr stay apart and whole', async () => {
    const script = 'i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done';
    const wanted = (name: string): string => Array.from({ length: 20000 }, (_, i) => `${name} ${i}\n`).join('');
    for (const flags of ['', '-i', '--timeout 1m']) {
      const { code, stdout, stderr } = await runLine(`kx ${flags} one -- sh -c '${script}' </dev/null`);
      assert.equal(code, 0);
      assert.ok(stdout.toString() === wanted('out') && stderr === wanted('err'), flags);
    }
  });

  test('a background child holds the end as it does with kubectl', async () => {
    const script = 'sleep 2 & sleep 9 >/dev/null 2>&1 </dev/null & echo out';
    for (const flags of [[], ['-i']]) {
      const reference = await runKubectl(['exec', ...flags, 'one', '--', 'sh', '-c', script]);
      const { code, stdout, stderr } = await runLine(`kx ${flags.join(' ')} one -- sh -c '${script}' </dev/null`);
      assert.deepEqual([code, stdout.toString(), stderr], [reference.code, reference.stdout.toString(), '']);
    }
    assert.ok(await kubectl('get', 'pod', 'one'));
  });
});
