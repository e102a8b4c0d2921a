import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { KxError } from '../../../src/lib/errors/index.ts';
import { decodeTar, type TarEntry } from '../../../src/lib/copy/tar/decode.ts';
import { placeMember, type ArchiveRoots } from '../../../src/lib/copy/from-container/roots.ts';
import { folder, has, makeTree } from './support/sent-tree.ts';

type Decoded = Pick<TarEntry, 'type' | 'name' | 'linkName' | 'size' | 'mtime' | 'uid' | 'sparse'> & { body: string };

/** Decodes what comes in these pieces; an end without an archive's end is an error, as with a stream. */
async function decode(pieces: readonly Buffer[]): Promise<Decoded[]> {
  const rest = pieces.filter((piece) => piece.length > 0).values();
  const decoder = decodeTar({
    more: () => {
      const { value, done } = rest.next();
      return done === true ? Promise.reject(new KxError('KX_CONNECTION_LOST', 'no more')) : Promise.resolve(value);
    },
    rest: () => Promise.resolve(rest.next().value),
  });
  const all: Decoded[] = [];
  for (let entry = await decoder.next(); entry !== undefined; entry = await decoder.next()) {
    const { type, name, linkName, size, mtime, uid, sparse } = entry;
    const body: Buffer[] = [];
    for (let piece = await decoder.piece(); piece !== undefined; piece = await decoder.piece()) body.push(piece);
    all.push({ type, name, linkName, size, mtime, uid, sparse, body: Buffer.concat(body).toString('latin1') });
  }
  return all;
}

interface Header {
  name?: string;
  type?: string;
  size?: number;
  link?: string;
  magic?: string;
  raw?: (block: Buffer) => void;
}

function header({ name = 'a', type = '0', size = 0, link = '', magic = 'ustar  \0', raw }: Header = {}): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  block.write('0000644\0', 100);
  block.write('0000000\0'.repeat(2), 108);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(type, 156);
  block.write(link, 157, 'latin1');
  block.write(magic, 257, 'latin1');
  raw?.(block);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function body(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);
const extended = (type: string, text: string | Buffer): Buffer[] => [
  header({ type, name: 'x', size: Buffer.byteLength(text) }),
  body(text),
];
const record = (key: string, value: string | Buffer): Buffer => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length++;
  return Buffer.concat([Buffer.from(`${length}`), rest]);
};

for (const tar of [
  'tar',
  'tar --format=posix',
  'tar --format=ustar',
  'busybox tar',
  'bsdtar',
  'bsdtar --format=pax',
  'toybox tar',
]) {
  const [program = '', ...words] = tar.split(' ');
  test(`what ${tar} writes is read the same wherever it is cut`, { skip: !has(program) }, async (context) => {
    const at = folder(context);
    makeTree(join(at, 'tree'), 3000);
    const how = program === 'bsdtar' || tar.includes('ustar') ? ['--exclude=*not utf-8', '--exclude=l*'] : [];
    const { stdout } = spawnSync(program, [...words, '-c', '-f', '-', ...how, '.'], {
      cwd: join(at, 'tree'),
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: 1 << 30,
    });
    const whole = await decode([stdout]);
    const listed = spawnSync('tar', ['-t', '-f', '-', '--quoting-style=escape'], { input: stdout })
      .stdout.toString()
      .trim();
    assert.equal(whole.length, listed.split('\n').length);
    assert.ok(whole.some(({ name }) => name === './new\nline\n'));
    for (const size of [1, 7, 511, 512, 513, 1000]) {
      const pieces = Array.from({ length: Math.ceil(stdout.length / size) }, (_, index) =>
        stdout.subarray(index * size, (index + 1) * size),
      );
      assert.deepEqual(await decode(pieces), whole);
    }
  });
}

test('names, numbers and links come out of GNU and PAX headers byte for byte', async () => {
  const odd = Buffer.from('./\xff\n=é', 'latin1');
  const [entry, link, plain] = await decode([
    ...extended('g', record('gid', '7')),
    ...extended(
      'x',
      Buffer.concat([record('path', odd), record('size', '3'), record('mtime', '-1.5'), record('uid', '4000000000')]),
    ),
    header({ name: 'short' }),
    body('abc'),
    ...extended('L', `./${'n'.repeat(300)}\0`),
    ...extended('K', `${'k'.repeat(200)}\0`),
    header({ type: '2', link: 'cut' }),
    header({ name: 'name', magic: 'ustar\x0000', raw: (block) => block.write('the/prefix', 345) }),
    end,
  ]);
  assert.deepEqual(
    [entry?.name, entry?.size, entry?.mtime, entry?.uid, entry?.body],
    [odd.toString('latin1'), 3, -1.5, 4e9, 'abc'],
  );
  assert.deepEqual([link?.name, link?.linkName], [`./${'n'.repeat(300)}`, 'k'.repeat(200)]);
  assert.equal(plain?.name, 'the/prefix/name');
});

test('numbers beyond octal are base-256, also negative ones', async () => {
  const raw = (block: Buffer): void => {
    block.fill(0, 108, 116).writeUInt32BE(4_000_000_000, 112);
    block[108] = 0x80;
    block.fill(0xff, 136, 148).writeInt32BE(-10, 144);
  };
  const [entry] = await decode([header({ raw }), end]);
  assert.deepEqual([entry?.uid, entry?.mtime], [4_000_000_000, -10]);
});

test('a file that leaves holes out is marked', async () => {
  const [entry] = await decode([...extended('x', record('GNU.sparse.major', '1')), header(), end]);
  assert.equal(entry?.sparse, true);
});

const broken: Record<string, readonly Buffer[]> = {
  'random bytes': [Buffer.alloc(1024, 'x')],
  'a wrong checksum': [header().fill('z', 0, 1), end],
  'an old header without magic': [header({ magic: '' }), end],
  'a number that is not octal': [header({ raw: (block) => block.write('00009', 124) }), end],
  'a size that is negative': [header({ raw: (block) => block.fill(0xff, 124, 136) }), end],
  'a size beyond all': [header({ raw: (block) => block.fill(0x7f, 125, 136).fill(0x80, 124, 125) }), end],
  'a directory with a body': [header({ type: '5', size: 5 }), body('hello'), end],
  'a sparse file of an old form': [header({ type: 'S' }), end],
  'a name without end': [header({ type: 'L', size: 1 << 30 }), Buffer.alloc(4096), end],
  'a name without entry': [...extended('L', 'name\0'), end],
  'an entry behind the end': [end, header(), end],
  'one zero block alone': [Buffer.alloc(512), header(), end],
  'something behind the end': [end, Buffer.from('x')],
  'zeros without end': [end, ...Array.from({ length: 20 }, () => Buffer.alloc(1 << 20))],
  'a PAX record that is too long': [...extended('x', '99 path=a\n'), header(), end],
  'a PAX record without keyword': [...extended('x', '5 =a\n'), header(), end],
  'a PAX record without length': [...extended('x', 'path=a\n'), header(), end],
  'a PAX name with NUL': [...extended('x', record('path', 'a\0b')), header(), end],
  'a PAX size that is no number': [...extended('x', record('size', '0x10')), header(), end],
  'a PAX size that is negative': [...extended('x', record('size', '-1')), header(), end],
};

for (const [what, pieces] of Object.entries(broken)) {
  test(`${what} is refused`, async () => {
    await assert.rejects(decode(pieces), { code: 'KX_PROTOCOL' });
  });
}

test('an archive that stops anywhere is never whole', async () => {
  const archive = Buffer.concat([...extended('L', 'name\0'), header({ size: 3 }), body('abc'), end]);
  for (let length = 0; length < archive.length; length++) {
    await assert.rejects(decode([archive.subarray(0, length)]), { code: 'KX_CONNECTION_LOST' });
  }
  assert.equal((await decode([archive])).length, 1);
});

test('whatever bytes come, the decoder ends with entries or an error of its own', async () => {
  const blocks = fc.oneof(
    fc.uint8Array({ minLength: 512, maxLength: 512 }),
    fc.constantFrom(
      end,
      header({ size: 3 }),
      ...extended('x', record('path', 'p')),
      body('abc'),
      header({ type: 'L', size: 4 }),
    ),
  );
  const flip = fc.tuple(fc.nat(), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.array(blocks, { maxLength: 12 }),
      fc.array(flip, { maxLength: 4 }),
      fc.nat(2000),
      async (parts, flips, cut) => {
        const bytes = Buffer.concat(parts);
        for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
        const outcome = (pieces: Buffer[]): Promise<unknown> => decode(pieces).catch((error: unknown) => error);
        const whole = await outcome([bytes]);
        if (whole instanceof Error) assert.ok(whole instanceof KxError, whole.stack);
        const halves = await outcome([bytes.subarray(0, cut), bytes.subarray(cut)]);
        assert.deepEqual(
          halves instanceof Error ? halves.message : halves,
          whole instanceof Error ? whole.message : whole,
        );
      },
    ),
    { numRuns: 500 },
  );
});

test('only what is below the root is a path', () => {
  const tree: ArchiveRoots = new Map([['.', { into: '', isFile: false }]]);
  const file: ArchiveRoots = new Map([['./name', { into: '', isFile: true }]]);
  const relativePath = (member: string, roots: ArchiveRoots): string => placeMember(member, roots).path;
  assert.equal(relativePath('./', tree), '');
  assert.equal(relativePath('.', tree), '');
  assert.equal(relativePath('./a/b/', tree), 'a/b');
  assert.equal(relativePath('./name', file), '');
  assert.equal(relativePath('./..a/b..', tree), '..a/b..');
  const unsafe = [
    '',
    '/',
    '/a',
    'a',
    '..',
    '../a',
    './..',
    './../a',
    './a/..',
    './a/../b',
    './/a',
    './a//b',
    './a/./b',
    './.',
    '././a',
    './a//',
  ];
  for (const member of unsafe) assert.throws(() => relativePath(member, tree), { code: 'KX_COPY_UNSAFE_PATH' }, member);
  for (const member of ['./other', './', './name/x']) {
    assert.throws(() => relativePath(member, file), { code: 'KX_COPY_UNSAFE_PATH' }, member);
  }
});
