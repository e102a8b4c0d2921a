import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { CompressionTool } from '../../../src/lib/copy/compression.ts';
import { copyTree } from '../../../src/lib/copy/copy-tree.ts';
import type { Entry } from '../../../src/lib/copy/entry.ts';
import { writeRemoteTree } from '../../../src/lib/copy/to-container/remote-writer.ts';
import type { Transport } from '../../../src/lib/transport/index.ts';
import type { Cut } from '../../support/local-transport.ts';
import type { Programs } from './support/programs.ts';
import { has, localEnd, senderPrograms } from './support/sent-tree.ts';
import { assertTree, entry, sampleTree } from './support/trees.ts';

const folder = mkdtempSync(join(tmpdir(), 'kx-compress-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const fresh = (): string => mkdtempSync(join(folder, 'base-'));

/** Text that shrinks, and is different from place to place. */
function textOf(size: number): Buffer {
  const lines: string[] = [];
  for (let length = 0; length < size;) {
    const line = `${lines.length} GET /index.html?${(lines.length * 7919) % 1009} 200\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, size);
}
const text = textOf((9 << 20) + 12_345);

interface Sent {
  /** Bytes that went to the container. */
  readonly bytes: number;
  readonly log: readonly string[];
  readonly execs: number;
}

/** Copies up, compressed, and fails when there is anything to report. */
async function send(
  entries: readonly Entry[],
  to: string,
  by: Programs,
  tool: CompressionTool,
  cut?: (exec: number) => Cut,
): Promise<Sent> {
  const { end, problems, report } = localEnd({ programs: by, cwd: '/', ...(cut && { cut }) });
  let [bytes, execs] = [0, 0];
  const transport: Transport = {
    ...end.transport,
    exec: async (...call) => {
      execs++;
      const remote = await end.transport.exec(...call);
      const write = remote.stdin!.write.bind(remote.stdin!) as (chunk: Buffer) => boolean;
      remote.stdin!.write = (chunk: Buffer) => {
        bytes += chunk.length;
        return write(chunk);
      };
      return remote;
    },
  };
  const log: string[] = [];
  const writer = writeRemoteTree(
    { ...end, transport },
    {
      ...{ destination: Buffer.from(to).toString('latin1'), report, preserve: true, sameOwner: false, tar: by.tar },
      ...{ compression: { tool, always: true }, log: (line) => log.push(line) },
    },
  );
  const reader = {
    async *entries() {
      yield* await Promise.resolve(entries);
    },
  };
  await copyTree(reader, writer, { onEntry: () => {}, onBytes: () => {} });
  assert.deepEqual(problems, []);
  return { bytes, log, execs };
}

/** A tree of small files that shrink and do not, and a large one. */
function mixedTree(): Entry[] {
  const large = entry('text', 'file', { bytes: text });
  const small = Array.from({ length: 40 }, (_, i) => entry(`small-${i}`, 'file', { bytes: textOf(20_000 + i) }));
  return [...sampleTree(), large, ...small];
}

const ways: readonly (readonly [shell: string, tar: string])[] = [
  ['dash', 'tar'],
  ['bash', 'toybox'],
  ['dash', 'bsdtar'],
  ['busybox', 'busybox'],
  ['dash', ''],
  ['busybox', ''],
];

for (const tool of ['gzip', 'zstd'] as const) {
  for (const [shell, tar] of ways) {
    const by = senderPrograms(shell, tar);
    const runs = has(tool) && (tar === '' || has(tar)) && !(tool === 'zstd' && shell === 'busybox');
    suite(`what goes up compressed with ${tool}, to ${by.name}`, { skip: !runs }, () => {
      test('arrives whole, in fewer bytes', async () => {
        const to = join(fresh(), 'new');
        const { bytes, log, execs } = await send(
          [entry('', 'directory'), entry('a', 'file', { bytes: text })],
          to,
          by,
          tool,
        );
        assert.ok(bytes < text.length * 0.4, `${bytes} bytes for ${text.length}`);
        assert.ok(text.equals(readFileSync(join(to, 'a'))));
        assert.deepEqual([log, execs], [[`compressing what goes up with ${tool}: as told`], 1]);
      });

      test('is the same after the connection was lost again and again', async () => {
        const to = join(fresh(), 'new');
        const ups = Array.from({ length: 5 }, () => Math.floor(2 ** (9 + Math.random() * 12.5)) + 6000);
        await send(mixedTree(), to, by, tool, (exec) => (exec < ups.length ? { up: ups[exec]! } : {})).catch(
          (error: unknown) => {
            throw new Error(`cut after ${ups.join(', ')}`, { cause: error });
          },
        );
        await assertTree(to, mixedTree());
      });
    });
  }

  test(`what does not shrink is sent as it is, whatever ${tool} is told`, { skip: !has(tool) }, async () => {
    const to = join(fresh(), 'new');
    const bytes = randomBytes(5 << 20);
    const sent = await send([entry('', 'file', { bytes })], to, senderPrograms('dash', 'tar'), tool);
    assert.ok(bytes.equals(readFileSync(to)));
    assert.ok(sent.bytes < bytes.length + 20_000, `${sent.bytes} bytes`);
    assert.deepEqual(sent.log, []);
  });
}

const faults: Readonly<Record<string, string>> = {
  'cannot uncompress': 'exit 1',
  'ends well and gives nothing': 'exec cat >/dev/null',
  'gives too little and fails': 'head -c 40000; exit 1',
  'gives half and ends well': '"$real" -dc | head -c 1000000',
  'is killed in the middle': '"$real" -dc | head -c 300000; kill -9 $$',
  'gives more than there is': '"$real" -dc; echo more',
};
for (const [what, script] of Object.entries(faults)) {
  for (const tar of ['tar', '']) {
    test(`a gzip that ${what} is not used again, ${tar === '' ? 'without' : 'with'} tar`, async () => {
      const by = senderPrograms('dash', tar, ['gzip']);
      symlinkSync(join('/bin', 'gzip'), join(by.path, 'real-gzip'));
      if (tar === '') rmSync(join(by.path, 'tar'), { force: true });
      writeFileSync(
        join(by.path, 'gzip'),
        `#!${join(by.path, 'sh')}\nreal=${join(by.path, 'real-gzip')}\n${script}\n`,
        {
          mode: 0o755,
        },
      );
      const to = join(fresh(), 'new');
      const { log, execs } = await send(mixedTree(), to, by, 'gzip');
      await assertTree(to, mixedTree());
      assert.equal(log.at(-1), 'what goes up is not compressed any more: the container cannot unpack it');
      assert.equal(execs, 2);
    });
  }
}
