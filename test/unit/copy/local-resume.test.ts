import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { copyTree } from '../../../src/lib/copy/copy-tree.ts';
import type { Entry } from '../../../src/lib/copy/entry.ts';
import { readLocalTree } from '../../../src/lib/copy/local/reader.ts';
import type { LocalWriterOptions } from '../../../src/lib/copy/local/writer.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { temporary, writerTo } from './support/local.ts';
import { bytesOf, entry } from './support/trees.ts';

const size = 5_000_000;
const half = 2_500_000;
const lost = new KxError('KX_CONNECTION_LOST', 'lost by the test', { ran: 'maybe' });

/** A file that goes on behind what is the same, and what was asked of it. */
function resumable(path: string, bytes: Buffer, asked: string[] = []): Entry {
  return entry(path, 'file', {
    bytes,
    after: ({ length, crc32: crc, sha256 }) => {
      const own = bytes.subarray(0, length);
      const same = crc === undefined ? sha256 === sha256Of(own) : crc === crc32(own);
      asked.push(same ? `from ${length}` : 'other');
      return Promise.resolve(same ? pieces(bytes.subarray(length)) : undefined);
    },
  });
}

function sha256Of(own: Buffer): string {
  return createHash('sha256').update(own).digest('hex');
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

/** The same file, of which half comes. */
function cutOff(of: Entry, bytes: Buffer, error: Error = lost): Entry {
  const body = (async function* () {
    yield* pieces(bytes.subarray(0, half));
    throw error;
  })();
  return { ...of, body };
}

async function copy(
  folder: string,
  entries: readonly Entry[],
  options: Partial<LocalWriterOptions> = {},
): Promise<void> {
  const { writer, problems } = writerTo(folder, options);
  async function* all(): AsyncGenerator<Entry> {
    yield await Promise.resolve(entry('', 'directory'));
    yield* entries;
  }
  await copyTree({ entries: all }, writer, { onEntry: () => {}, onBytes: () => {} });
  assert.deepEqual(problems, []);
}

const resume = { marks: [], leftOut: [], made: false };

suite('a large file that came in part', () => {
  const bytes = bytesOf(size);

  test('is gone on with by a copy that resumes, and what was kept is gone', async (t) => {
    for (const former of [undefined, 'former']) {
      const folder = temporary(t);
      if (former !== undefined) writeFileSync(join(folder, 'big'), former);
      await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
      assert.equal(statSync(join(folder, '.big.kx-part')).size, half);
      const asked: string[] = [];
      await copy(folder, [resumable('big', bytes, asked)], { resume });
      assert.deepEqual(asked, [`from ${half}`]);
      assert.ok(readFileSync(join(folder, 'big')).equals(bytes));
      assert.deepEqual(readdirSync(folder), ['big']);
    }
  });

  test('has the mode of a new file, whatever the copy kept that began it', async (t) => {
    const folder = temporary(t);
    await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
    await copy(folder, [resumable('big', bytes)], { resume, preserve: false });
    writeFileSync(join(folder, 'plain'), '', { mode: 0o644 });
    assert.equal(statSync(join(folder, 'big')).mode, statSync(join(folder, 'plain')).mode);
  });

  test('is begun anew where the source has something else now, or a shorter file', async (t) => {
    for (const other of [bytesOf(size, 2), bytes.subarray(0, 2_000_000)]) {
      const folder = temporary(t);
      await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
      await copy(folder, [resumable('big', other)], { resume });
      assert.ok(readFileSync(join(folder, 'big')).equals(other));
      assert.deepEqual(readdirSync(folder), ['big']);
    }
  });

  test('is kept again when the connection is lost again, also before anything comes', async (t) => {
    const folder = temporary(t);
    await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
    const refused = { ...resumable('big', bytes), after: () => Promise.reject(lost) };
    await assert.rejects(copy(folder, [refused], { resume }), lost);
    assert.deepEqual(readdirSync(folder), ['.big.kx-part']);
    const further = { ...resumable('big', bytes), after: () => Promise.resolve(brokenPieces()) };
    async function* brokenPieces(): AsyncGenerator<Buffer> {
      yield* pieces(bytes.subarray(half, half + 10));
      throw lost;
    }
    await assert.rejects(copy(folder, [further], { resume }), lost);
    assert.equal(statSync(join(folder, '.big.kx-part')).size, half + 10);
    assert.deepEqual(readdirSync(folder), ['.big.kx-part']);
  });

  test('is not kept when the user ends the copy, or when little came', async (t) => {
    const folder = temporary(t);
    const canceled = new KxError('KX_CANCELED', 'canceled');
    await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes, canceled)]), canceled);
    const small = cutOff(resumable('big', bytes), bytes.subarray(0, 1_000_000));
    await assert.rejects(copy(folder, [small]), lost);
    assert.deepEqual(readdirSync(folder), []);
  });

  test('is taken from a run that was killed, by its mark, and from no other', async (t) => {
    const folder = temporary(t);
    await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
    renameSync(join(folder, '.big.kx-part'), join(folder, '.big.kx-0123abcd-x1y2z3'));
    const asked: string[] = [];
    const inWork = join(folder, '.big.kx-99999999-x1y2z3');
    writeFileSync(inWork, bytes.subarray(0, 3_000_000));
    await copy(folder, [resumable('big', bytes, asked)], { resume: { ...resume, marks: ['0123abcd'] } });
    assert.deepEqual(asked, [`from ${half}`]);
    assert.deepEqual(readdirSync(folder).sort(), ['.big.kx-99999999-x1y2z3', 'big']);
  });

  test('is marked while it comes', async (t) => {
    const folder = temporary(t);
    const seen: string[] = [];
    const watched = {
      ...resumable('big', bytes),
      body: (async function* () {
        yield* pieces(bytes.subarray(0, half));
        seen.push(...readdirSync(folder));
        yield* pieces(bytes.subarray(half));
      })(),
    };
    await copy(folder, [watched], { mark: '0123abcd' });
    assert.match(seen.join(), /^\.big\.kx-0123abcd-[0-9a-z]{6}$/);
  });

  test('is removed by a copy that brings the whole file', async (t) => {
    const folder = temporary(t);
    await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
    await copy(folder, [resumable('big', bytes)]);
    assert.deepEqual(readdirSync(folder), ['big']);
  });

  test('keeps the larger of two', async (t) => {
    const folder = temporary(t);
    writeFileSync(join(folder, '.big.kx-part'), bytes.subarray(0, 4_000_000));
    await assert.rejects(copy(folder, [cutOff(resumable('big', bytes), bytes)]), lost);
    assert.equal(statSync(join(folder, '.big.kx-part')).size, 4_000_000);
    assert.deepEqual(readdirSync(folder), ['.big.kx-part']);
  });

  test('is told from a file of the source that has such a name', async (t) => {
    const [named, big] = [bytesOf(3_000_000, 7), resumable('d/big', bytes)];
    for (const before of [true, false]) {
      const folder = temporary(t);
      const legit = entry('d/.big.kx-part', 'file', { bytes: named });
      const entries = [entry('d', 'directory'), ...(before ? [legit, big] : [big, legit])];
      await copy(
        folder,
        entries.map((each) => (each.path === 'd/big' ? resumable('d/big', bytes) : each)),
      );
      assert.ok(readFileSync(join(folder, 'd/.big.kx-part')).equals(named));
      const asked: string[] = [];
      await copy(folder, [entry('d', 'directory'), resumable('d/big', bytes, asked)], {
        resume: { ...resume, leftOut: ['d/.big.kx-part'] },
      });
      assert.deepEqual(asked, []);
      assert.ok(readFileSync(join(folder, 'd/.big.kx-part')).equals(named));
    }
  });

  test('is no symlink, no directory, and nothing with a second name', async (t) => {
    const folder = temporary(t);
    const elsewhere = join(temporary(t), 'elsewhere');
    writeFileSync(elsewhere, bytes.subarray(0, half));
    const makers = [
      (place: string) => symlinkSync(elsewhere, place),
      (place: string) => linkSync(elsewhere, place),
      (place: string) => mkdirSync(place),
    ];
    for (const [at, make] of makers.entries()) {
      const asked: string[] = [];
      const place = join(folder, `.big${at}.kx-part`);
      make(place);
      await copy(folder, [resumable(`big${at}`, bytes, asked)], { resume });
      assert.deepEqual(asked, []);
      assert.ok(lstatSync(place));
    }
    assert.ok(readFileSync(elsewhere).equals(bytes.subarray(0, half)));
  });
});

test('a file of this machine gives what follows bytes that are the same', async (t) => {
  const folder = temporary(t);
  const bytes = bytesOf(size);
  writeFileSync(join(folder, 'big'), bytes);
  const options = { path: join(folder, 'big'), filter: () => true, report: () => {}, followRoot: true };
  for (const length of [1, half, size]) {
    for await (const { after } of readLocalTree(options).entries()) {
      assert.equal(await after?.({ length, crc32: (crc32(bytes.subarray(0, length)) ^ 1) >>> 0 }), undefined);
      assert.equal(await after?.({ length: size + 1, crc32: crc32(bytes) }), undefined);
      const rest: Buffer[] = [];
      for await (const piece of (await after?.({ length, sha256: sha256Of(bytes.subarray(0, length)) }))!)
        rest.push(piece);
      assert.ok(Buffer.concat(rest).equals(bytes.subarray(length)));
    }
  }
});
