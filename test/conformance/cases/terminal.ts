import assert from 'node:assert/strict';
import { collect } from '../../../src/lib/process/index.ts';
import { readUntil, startAt } from '../drive.ts';
import type { Case } from '../suite.ts';

const size = { width: 97, height: 31 };

/** Under a terminal there is one output, a size, and line discipline. */
export const terminalCases: readonly Case[] = [
  {
    // The runtimes start the command first and tell the size after that (kubernetes/kubernetes#13585).
    name: 'a terminal gets its first size without being asked',
    needs: ['terminals'],
    async run({ shell }) {
      const script = 'until [ "$(stty size)" = "31 97" ]; do sleep 0.05; done; echo has it';
      const remote = await startAt(shell, ['sh', '-c', script], { tty: size, stdin: true });
      await readUntil(remote.stdout, 'has it\r\n');
      assert.equal((await collect(remote)).status.code, 0);
    },
  },
  {
    name: 'a terminal follows two changes of size',
    needs: ['terminals'],
    async run({ shell }) {
      const script = 'stty -echo; echo ready; while read -r x; do stty size; done';
      const remote = await startAt(shell, ['sh', '-c', script], { tty: size, stdin: true });
      await readUntil(remote.stdout, 'ready\r\n');
      for (const [width, height] of [
        [120, 40],
        [66, 17],
      ] as const) {
        remote.resize({ width, height });
        await askUntil(remote, `${height} ${width}\r\n`);
      }
      remote.disconnect();
      await assert.rejects(remote.exit);
    },
  },
  {
    name: 'a terminal merges stderr into stdout, and stderr is null',
    needs: ['terminals'],
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'echo out; echo err >&2'], { tty: size, stdin: true });
      assert.equal(remote.stderr, null);
      assert.equal((await collect(remote)).stdout.toString(), 'out\r\nerr\r\n');
    },
  },
  {
    name: 'a command under a terminal ends with its code',
    needs: ['terminals'],
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'exit 42'], { tty: size, stdin: true });
      assert.equal((await collect(remote)).status.code, 42);
    },
  },
  {
    name: 'what is typed is echoed and read, and Ctrl-C interrupts',
    needs: ['terminals'],
    async run({ shell }) {
      const script = 'trap "echo caught; exit 3" INT; read -r x; echo "got $x"; while :; do sleep 0.1; done';
      const remote = await startAt(shell, ['sh', '-c', script], { tty: size, stdin: true });
      remote.stdin!.write('typed\n');
      await readUntil(remote.stdout, 'got typed\r\n');
      remote.stdin!.write('\x03');
      const { stdout, status } = await collect(remote);
      assert.match(stdout.toString(), /caught\r\n$/);
      assert.equal(status.code, 3);
    },
  },
  {
    name: 'a large output under a terminal is whole',
    needs: ['terminals'],
    async run({ shell }) {
      const remote = await startAt(shell, ['seq', '1', '20000'], { tty: size, stdin: true });
      const { stdout } = await collect(remote);
      assert.equal(
        stdout.toString().replaceAll('\r', ''),
        Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join(''),
      );
    },
  },
];

/** A size arrives on its own way, so the command may see input first: it is asked again until it knows. */
async function askUntil(remote: Awaited<ReturnType<typeof startAt>>, answer: string): Promise<void> {
  for (let asked = 0; asked < 100; asked++) {
    remote.stdin!.write('\n');
    if ((await readUntil(remote.stdout, '\r\n')).includes(answer)) return;
  }
  assert.fail(`the terminal never had ${answer}`);
}
