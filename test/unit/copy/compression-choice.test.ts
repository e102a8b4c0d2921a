import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createPace } from '../../../src/lib/copy/from-container/pace.ts';
import { readRemoteTree } from '../../../src/lib/copy/from-container/remote-reader.ts';
import { createPacking, type Packing } from '../../../src/lib/copy/to-container/packing.ts';
import type { Transport } from '../../../src/lib/transport/index.ts';
import { folder, localEnd, senderPrograms, type TestEnd } from './support/sent-tree.ts';

const mib = 1 << 20;
const text = Buffer.from('so it goes on and on and on, and shrinks. '.repeat(30_000)).subarray(0, mib);
const noise = randomBytes(mib);
const auto = { tool: 'gzip', always: false } as const;

suite('what goes up with auto', () => {
  /** Tells of payloads that were stored at so many MB per second. */
  const stored = (packing: Packing, count: number, rate: number, shrunk = 1): void => {
    for (let i = 0; i < count; i++) packing.note({ plain: mib, sent: mib * shrunk, ms: (mib * shrunk) / rate / 1000 });
  };
  const begin = (): { packing: Packing; log: string[] } => {
    const log: string[] = [];
    return { packing: createPacking(auto, (line) => log.push(line)), log };
  };

  test('is compressed when the connection is slow, and what shrinks only', async () => {
    const { packing, log } = begin();
    assert.equal(await packing.pack([text]), undefined);
    assert.equal(packing.isReady, false);
    stored(packing, 3, 2);
    assert.equal(packing.isReady, true);
    assert.equal(await packing.pack([noise]), undefined);
    const packed = await packing.pack([text]);
    assert.match(packed?.words ?? '', /^gzip 0 \d+$/);
    assert.match(log.join(), /^compressing what goes up with gzip: 2\.0 MB\/s pass, and a sample shrinks to \d+ %$/);
  });

  test('is not compressed when the connection is fast, or is getting faster', async () => {
    const { packing, log } = begin();
    for (const rate of [1, 2, 4, 8, 16, 32, 64, 128, 128]) {
      stored(packing, 1, rate);
      assert.equal(await packing.pack([text]), undefined);
    }
    assert.equal(packing.isReady, true);
    assert.deepEqual(log, []);
  });

  test('is not compressed any more when that is slower', async () => {
    const { packing, log } = begin();
    stored(packing, 3, 2);
    assert.ok(await packing.pack([text]));
    stored(packing, 3, 0.15, 0.1);
    assert.equal(await packing.pack([text]), undefined);
    assert.match(log.at(-1) ?? '', /not compressed any more: the container takes it slower/);
  });
});

suite('what comes down with auto', () => {
  /** What is wanted after MiB that came at each of these rates (MB/s). */
  const wanted = (chunk: Buffer, ...rates: number[]): string | undefined => {
    const pace = createPace(auto, () => {});
    for (const rate of rates) pace.note(chunk, mib / rate / 1000);
    return pace.wanted;
  };

  test('is compressed when it is slow and shrinks', () => {
    assert.equal(wanted(text, 2, 2), 'gzip');
    assert.equal(wanted(noise, 2, 2, 2, 2), undefined);
    assert.equal(wanted(text, 200, 200, 200), undefined);
    assert.equal(wanted(text, 1, 2, 4, 8, 16, 32, 64, 128, 128), undefined);
    assert.equal(wanted(text, Infinity, Infinity), undefined);
  });

  test('stays compressed when that is faster, and is not when it is slower', () => {
    for (const [rate, after] of [
      [1, 'none'],
      [10, undefined],
    ] as const) {
      const pace = createPace(auto, () => {});
      for (let i = 0; i < 2; i++) pace.note(text, mib / 2 / 1000);
      pace.changed(true);
      assert.equal(pace.compress, 'gzip');
      pace.note(text, mib / rate / 1000);
      assert.equal(pace.wanted, after);
    }
  });

  test('stays as it is when the container cannot change', () => {
    const pace = createPace(auto, () => {});
    for (let i = 0; i < 2; i++) pace.note(text, mib / 2 / 1000);
    pace.changed(false);
    for (let i = 0; i < 9; i++) pace.note(text, mib / 2 / 1000);
    assert.deepEqual([pace.compress, pace.wanted], ['none', undefined]);
  });
});

suite('a stream over a slow connection', () => {
  /** Carries 64 KiB in each 30 ms, and counts them. */
  function slow({ end }: TestEnd): { end: TestEnd['end']; heard: () => number; execs: () => number } {
    let [heard, execs] = [0, 0];
    const transport: Transport = {
      ...end.transport,
      exec: async (...call) => {
        execs++;
        const remote = await end.transport.exec(...call);
        const link = new Transform({
          highWaterMark: 65536,
          transform(chunk: Buffer, _encoding, done) {
            heard += chunk.length;
            void delay((chunk.length / 65536) * 30).then(() => done(null, chunk));
          },
        });
        remote.stdout.pipe(link);
        remote.stdout.on('close', () => link.end());
        return { ...remote, stdout: link };
      },
    };
    return { end: { ...end, transport }, heard: () => heard, execs: () => execs };
  }

  for (const [shell, tar] of [
    ['dash', 'tar'],
    ['busybox', 'busybox'],
    ['dash', ''],
  ] as const) {
    const programs = senderPrograms(shell, tar);
    test(`is compressed in the middle of a file, and whole, from ${programs.name}`, async (context) => {
      const file = join(folder(context), 'file');
      const bytes = Buffer.concat(Array.from({ length: 12 }, () => text));
      writeFileSync(file, bytes);
      const from = localEnd({ programs, cwd: '/' });
      const { end, heard } = slow(from);
      const log: string[] = [];
      const tree = readRemoteTree(end, {
        ...{ path: file, filter: () => true, report: from.report, tar: programs.tar },
        ...{ compression: auto, log: (line) => log.push(line) },
      });
      const got: Buffer[] = [];
      for await (const entry of tree.entries()) for await (const piece of entry.body) got.push(Buffer.from(piece));
      assert.ok(Buffer.concat(got).equals(bytes));
      assert.equal(log.length, 1);
      assert.ok(heard() < bytes.length * 0.7, `${heard()} bytes`);
      assert.deepEqual(from.problems, []);
    });
  }

  test('goes on as it is when the file was written to, and nothing is mixed', async (context) => {
    const file = join(folder(context), 'file');
    const bytes = Buffer.concat(Array.from({ length: 6 }, () => text));
    writeFileSync(file, bytes);
    const from = localEnd({ programs: senderPrograms('dash', 'tar'), cwd: '/' });
    const { end, execs } = slow(from);
    const tree = readRemoteTree(end, {
      ...{ path: file, filter: () => true, report: from.report, tar: true, compression: auto },
    });
    const got: Buffer[] = [];
    for await (const entry of tree.entries()) {
      for await (const piece of entry.body) {
        if (got.length === 0) {
          const fd = openSync(file, 'r+');
          writeSync(fd, 'X', 0);
          closeSync(fd);
        }
        got.push(Buffer.from(piece));
      }
    }
    assert.ok(Buffer.concat(got).equals(bytes));
    assert.ok(execs() > 1);
    assert.deepEqual(
      from.problems.map(({ level, message }) => [level, message]),
      [['warning', 'file changed as we read it']],
    );
  });
});
