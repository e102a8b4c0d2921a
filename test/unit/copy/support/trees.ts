import assert from 'node:assert/strict';
import { lstatSync, readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { emptyBody, type Entry, type Name } from '../../../../src/lib/copy/entry.ts';

/** Bytes that differ from place to place; `seed` makes others. */
export function bytesOf(size: number, seed = 1): Buffer {
  const made = known.get(`${size} ${seed}`) ?? makeBytes(size, seed);
  known.set(`${size} ${seed}`, made);
  return made;
}

const known = new Map<string, Buffer>();

function makeBytes(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed * 2654435761;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** An entry of a tree, with its bytes in pieces. */
export function entry(path: Name, kind: Entry['kind'], more: Partial<Entry> & { readonly bytes?: Buffer } = {}): Entry {
  const { bytes = Buffer.alloc(0), ...rest } = more;
  const mode = kind === 'directory' ? 0o755 : kind === 'symlink' ? 0o777 : 0o644;
  const body = bytes.length === 0 ? emptyBody : piecesOf(bytes);
  const about = { mtime: 1_600_000_000, uid: 0, gid: 0, linkTarget: '', size: bytes.length };
  return { path, kind, mode, ...about, body, ...rest };
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_000) {
    await Promise.resolve();
    yield bytes.subarray(at, at + 100_000);
  }
}

const long = 'l'.repeat(120);

/** A tree with everything that names, sizes and kinds can be. Made anew for each copy, as bodies are read once. */
export function sampleTree(): Entry[] {
  const sizes = [0, 1, 511, 512, 513, 65535, 65536, 65537];
  return [
    entry('', 'directory', { mtime: 1_500_000_000, mode: 0o750 }),
    entry('-x', 'file', { bytes: bytesOf(10), mode: 0o600 }),
    entry('--checkpoint=1', 'file', { bytes: bytesOf(11), mode: 0o4755 }),
    ...sizes.map((size) => entry(`size-${size}`, 'file', { bytes: bytesOf(size, size), mtime: size + 0.7 })),
    entry('large', 'file', { bytes: bytesOf(5 << 20, 3), mode: 0o640, mtime: 1_400_000_000.9 }),
    entry('large-odd', 'file', { bytes: bytesOf((4 << 20) + 65536 + 12345, 4), mode: 0o400 }),
    entry('dir', 'directory', { mode: 0o500, mtime: 1_300_000_000 }),
    entry('dir/empty', 'directory', { mode: 0o2775, mtime: 1_200_000_000 }),
    entry('dir/it\'s a "name" $(x) `y` \\0101 %b *', 'file', { bytes: bytesOf(30) }),
    entry('dir/two\nlines\n', 'file', { bytes: bytesOf(40) }),
    entry('dir/ blanks ', 'file', { bytes: bytesOf(50) }),
    entry('dir/caf\xe9-\xff\xfe\x81\x88', 'file', { bytes: bytesOf(60) }),
    entry(Buffer.from('dir/großer Fluß').toString('latin1'), 'file', { bytes: bytesOf(70) }),
    entry('dir/big\n\xff name', 'file', { bytes: bytesOf((1 << 20) + 1, 9) }),
    entry(long, 'directory', {}),
    entry(`${long}/${long}`, 'directory', { mode: 0o700 }),
    entry(`${long}/${long}/${'f'.repeat(200)}`, 'file', { bytes: bytesOf(80) }),
    entry(`${long}/${long}/${'g'.repeat(255)}`, 'file', { bytes: bytesOf((1 << 20) + 7, 5) }),
    entry('link', 'symlink', { linkTarget: 'size-1' }),
    entry('link-up', 'symlink', { linkTarget: '../../somewhere' }),
    entry('link-absolute', 'symlink', { linkTarget: '/etc/nowhere' }),
    entry('link-long', 'symlink', { linkTarget: `${long}/${long}` }),
    entry('-link', 'symlink', { linkTarget: '-n' }),
    entry('hard', 'hardlink', { linkTarget: 'size-513', mtime: 513.7 }),
    entry('dir/hard-large', 'hardlink', { linkTarget: 'large', mode: 0o640, mtime: 1_400_000_000.9 }),
    entry('hard-long', 'hardlink', { linkTarget: `${long}/${long}/${'f'.repeat(200)}` }),
    entry('old', 'file', { bytes: bytesOf(5), mtime: 0 }),
    entry('young', 'file', { bytes: bytesOf(5), mtime: 5_000_000_000 }),
  ];
}

/** Everything below a folder, as one line for each path. */
export function listTree(root: string): string[] {
  const lines: string[] = [];
  const walk = (path: Name): void => {
    const place = Buffer.from(path === '' ? root : `${root}/${path}`, 'latin1');
    lines.push(path);
    if (!lstatSync(place).isDirectory()) return;
    for (const name of readdirSync(place, 'latin1')) walk(path === '' ? name : `${path}/${name}`);
  };
  walk('');
  return lines.sort();
}

/** Fails unless exactly the entries are below `root`, with their bytes, and, with `attributes`, modes and times. */
export async function assertTree(root: string, entries: readonly Entry[], attributes = true): Promise<void> {
  assert.deepEqual(listTree(root), entries.map(({ path }) => path).sort());
  for (const wanted of entries) {
    const { path, kind, mode, mtime, linkTarget } = wanted;
    const place = Buffer.from(path === '' ? root : `${root}/${path}`, 'latin1');
    const stat = lstatSync(place);
    const label = JSON.stringify(path);
    if (kind === 'symlink') {
      assert.equal(readlinkSync(place, 'latin1'), linkTarget, label);
      continue;
    }
    if (kind === 'hardlink') {
      assert.equal(stat.ino, lstatSync(Buffer.from(join(root, linkTarget), 'latin1')).ino, label);
      continue;
    }
    assert.equal(stat.isDirectory(), kind === 'directory', label);
    if (attributes) {
      assert.equal((stat.mode & 0o7777).toString(8), mode.toString(8), label);
      assert.equal(Math.floor(stat.mtimeMs / 1000), Math.floor(mtime), label);
    }
    if (kind === 'file') {
      const pieces: Buffer[] = [];
      for await (const piece of wanted.body) pieces.push(piece);
      assert.ok(Buffer.concat(pieces).equals(readFileSync(place)), `the bytes of ${label}`);
    }
  }
}
