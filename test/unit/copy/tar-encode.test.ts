import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { extract, type Header } from 'tar-stream';
import {
  endOfArchive,
  paddedLength,
  tarHeaderLength,
  tarRecord,
  writeTarHeader,
  type TarMember,
} from '../../../src/lib/copy/tar/encode.ts';

const plain: TarMember = {
  ...{ name: './a', kind: 'file', mode: 0o644, mtime: 1_600_000_000 },
  ...{ uid: 0, gid: 0, size: 0, linkName: '' },
};

function encode(member: TarMember): Buffer {
  const header = Buffer.alloc(tarHeaderLength(member), 0xee);
  assert.equal(writeTarHeader(header, 0, member), header.length);
  return header;
}

async function readBack(member: TarMember): Promise<Header> {
  const body = Buffer.alloc(paddedLength(member.size));
  const archive = Buffer.concat([encode(member), body]);
  const reader = Readable.from([Buffer.concat([archive, endOfArchive(archive.length)])]).pipe(
    extract({ filenameEncoding: 'latin1' } as object),
  );
  const found: Header[] = [];
  for await (const entry of reader) {
    found.push(entry.header);
    entry.resume();
  }
  assert.equal(found.length, 1);
  return found[0] as Header;
}

suite('the headers of an archive', () => {
  test('are read back by another implementation', async () => {
    const header = await readBack({ ...plain, mode: 0o4751, uid: 1000, gid: 2000, size: 513 });
    assert.deepEqual(
      [header.name, header.mode, header.uid, header.gid, header.size, header.type, header.mtime.getTime()],
      ['./a', 0o4751, 1000, 2000, 513, 'file', 1_600_000_000_000],
    );
  });

  test('tell directories and links apart', async () => {
    assert.deepEqual((await readBack({ ...plain, kind: 'directory' })).type, 'directory');
    const link = await readBack({ ...plain, kind: 'symlink', linkName: '../b' });
    assert.deepEqual([link.type, link.linkname], ['symlink', '../b']);
    const hard = await readBack({ ...plain, kind: 'hardlink', linkName: './b' });
    assert.deepEqual([hard.type, hard.linkname], ['link', './b']);
  });

  for (const length of [98, 99, 100, 101, 255, 256, 511, 512, 513, 4000]) {
    test(`keep names of ${length} bytes that are no UTF-8`, async () => {
      const name = `./${'\xe9'.repeat(length - 2)}`;
      assert.equal((await readBack({ ...plain, name })).name, name);
      const link = await readBack({ ...plain, name, kind: 'symlink', linkName: name });
      assert.deepEqual([link.name, link.linkname], [name, name]);
    });
  }

  test('hold numbers that octal digits cannot', async () => {
    const header = await readBack({ ...plain, uid: 4_294_967_294, gid: 2_097_152, mtime: 8_589_934_592 });
    assert.deepEqual([header.uid, header.gid, header.mtime.getTime()], [4_294_967_294, 2_097_152, 8_589_934_592_000]);
  });

  test('hold times before 1970', () => {
    const field = encode({ ...plain, mtime: -2 }).subarray(136, 148);
    assert.equal(field.toString('hex'), 'fffffffffffffffffffffffe');
  });

  test('leave nothing of what was in the buffer before', () => {
    const header = encode({ ...plain, name: `./${'n'.repeat(150)}`, kind: 'symlink', linkName: 'l'.repeat(120) });
    assert.equal(header.includes(0xee), false);
  });
});

test('an archive ends with two empty blocks on the edge of a record', () => {
  for (const length of [0, 512, tarRecord - 1024, tarRecord - 512, tarRecord]) {
    const end = endOfArchive(length);
    assert.equal((length + end.length) % tarRecord, 0);
    assert.ok(end.length >= 1024);
    assert.equal(end.equals(Buffer.alloc(end.length)), true);
  }
});
