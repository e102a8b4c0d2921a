import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Entry } from '../../../src/lib/copy/entry.ts';
import { temporary, writeAllTo } from './support/local.ts';
import { bytesOf, entry } from './support/trees.ts';

const bytes = Buffer.from('new');
const file = (): Entry => entry('', 'file', { bytes });

suite('the destination itself', () => {
  test('is a new file', async (t) => {
    const folder = temporary(t);
    assert.deepEqual(await writeAllTo(join(folder, 'file'), [file()]), []);
    assert.deepEqual([readdirSync(folder), readFileSync(join(folder, 'file'), 'utf8')], [['file'], 'new']);
  });

  test('when it is a symlink to a file, is the file that it leads to', async (t) => {
    const folder = temporary(t);
    mkdirSync(join(folder, 'there'));
    writeFileSync(join(folder, 'there/file'), 'old content');
    symlinkSync('there/file', join(folder, 'link'));
    const { ino } = lstatSync(join(folder, 'there/file'));
    for (const sent of [file(), entry('', 'file', { bytes: bytesOf(1_000_000) })]) {
      assert.deepEqual(await writeAllTo(join(folder, 'link'), [sent]), []);
      const { ino: now, size } = lstatSync(join(folder, 'there/file'));
      assert.deepEqual([now, size, readlinkSync(join(folder, 'link'))], [ino, sent.size, 'there/file']);
    }
    assert.deepEqual([readdirSync(folder).sort(), readdirSync(join(folder, 'there'))], [['link', 'there'], ['file']]);
  });

  test('when it is a symlink to a directory, is the directory that it leads to', async (t) => {
    const folder = temporary(t);
    mkdirSync(join(folder, 'there'));
    symlinkSync('there', join(folder, 'link'));
    const entries = [entry('', 'directory'), entry('d/file', 'file', { bytes })];
    assert.deepEqual(await writeAllTo(join(folder, 'link'), entries), []);
    assert.equal(readFileSync(join(folder, 'there/d/file'), 'utf8'), 'new');
  });

  test('is replaced by a symlink when it is a file or a symlink', async (t) => {
    const folder = temporary(t);
    writeFileSync(join(folder, 'file'), 'old');
    symlinkSync('old', join(folder, 'link'));
    for (const name of ['file', 'link', 'new']) {
      assert.deepEqual(await writeAllTo(join(folder, name), [entry('', 'symlink', { linkTarget: 'to' })]), []);
      assert.equal(readlinkSync(join(folder, name)), 'to');
    }
  });

  test('that cannot be what is sent ends the copy', async (t) => {
    const folder = temporary(t);
    mkdirSync(join(folder, 'dir'));
    writeFileSync(join(folder, 'file'), 'old');
    symlinkSync('nowhere', join(folder, 'dangling'));
    const server = createServer().listen(join(folder, 'socket'));
    await once(server, 'listening');
    t.after(() => server.close());
    const refused = [
      ['dir', file(), /dir: a directory is where a file is to be/],
      ['dir', entry('', 'symlink', { linkTarget: 'x' }), /a directory is where/],
      ['file', entry('', 'directory'), /file: it exists and is no directory/],
      ['dangling', file(), /it is a symlink to nothing/],
      ['dangling', entry('', 'directory'), /it exists and is no directory/],
      ['socket', file(), /it is a socket/],
      ['file/below', file(), /not a directory/],
      ['file', entry('', 'hardlink', { linkTarget: 'x' }), /a link cannot be written there/],
    ] as const;
    for (const [name, sent, message] of refused) {
      await assert.rejects(writeAllTo(join(folder, name), [sent]), { code: 'KX_COPY_DESTINATION', message }, name);
    }
    assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old');
  });

  test('is written straight through when it is a FIFO, however late its reader comes', async (t) => {
    const folder = temporary(t);
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const content = bytesOf(1_000_000);
    const written = writeAllTo(fifo, [entry('', 'file', { bytes: content })]);
    const turns = Promise.withResolvers<undefined>();
    setImmediate(() => turns.resolve(undefined));
    await turns.promise;
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pieces: Buffer[] = [];
    reader.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    await Promise.all([written, once(reader, 'close')]);
    assert.deepEqual(await written, []);
    assert.ok(Buffer.concat(pieces).equals(content));
    assert.ok(lstatSync(fifo).isFIFO());
  });

  test('is written straight through when it is a device', async () => {
    assert.deepEqual(await writeAllTo('/dev/null', [file()]), []);
    assert.ok(lstatSync('/dev/null').isCharacterDevice());
  });

  test('that is full ends the copy with the words of the system', { skip: process.platform !== 'linux' }, async () => {
    const message = 'cannot write /dev/full: no space left on device';
    await assert.rejects(writeAllTo('/dev/full', [file()]), { code: 'KX_COPY_DESTINATION', message });
  });
});
