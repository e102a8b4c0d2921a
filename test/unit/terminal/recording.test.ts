import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { openRecording } from '../../../src/lib/terminal/index.ts';

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kx-recording-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Takes everything, or fails with an error. */
function makeSink(error?: Error): { sink: Writable; taken: Buffer[] } {
  const taken: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk);
      done(error);
    },
  });
  sink.on('error', () => {});
  return { sink, taken };
}

const write = (stream: Writable, bytes: Uint8Array | string): Promise<void> =>
  new Promise((resolve, reject) => void stream.write(bytes, (error) => (error ? reject(error) : resolve())));

const options = { size: { width: 120, height: 40 }, command: 'sh -i', onFailure: () => assert.fail('no failure') };

test('a recording is asciicast v2: a head, then output and sizes with their times', async (t) => {
  const path = join(await makeFolder(t), 'session.cast');
  const before = Math.floor(Date.now() / 1000);
  const recording = await openRecording({ ...options, path });
  const { sink, taken } = makeSink();
  const output = recording.through(sink);
  await write(output, '$ ls\r\n');
  recording.resize({ width: 80, height: 24 });
  await write(output, 'a"b\x1b[0m');
  await recording.close();

  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const [head, ...events] = lines.map((line) => JSON.parse(line) as unknown);
  const { timestamp, env, ...rest } = head as { timestamp: number; env: object };
  assert.deepEqual(rest, { version: 2, width: 120, height: 40, command: 'sh -i' });
  assert.ok(timestamp >= before && timestamp <= Date.now() / 1000);
  assert.ok(Object.keys(env).every((name) => ['TERM', 'SHELL'].includes(name)));
  assert.deepEqual(
    (events as [number, string, string][]).map(([, kind, data]) => [kind, data]),
    [
      ['o', '$ ls\r\n'],
      ['r', '80x24'],
      ['o', 'a"b\x1b[0m'],
    ],
  );
  const times = (events as [number][]).map(([time]) => time);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.equal(Buffer.concat(taken).toString(), '$ ls\r\na"b\x1b[0m');
});

test('a character that is split over chunks is recorded whole, and each stream keeps its own', async (t) => {
  const path = join(await makeFolder(t), 'session.cast');
  const recording = await openRecording({ ...options, path });
  const [stdout, stderr] = [recording.through(makeSink().sink), recording.through(makeSink().sink)];
  const euro = Buffer.from('€');
  await write(stdout, euro.subarray(0, 1));
  await write(stderr, Buffer.from('x'));
  await write(stdout, euro.subarray(1));
  await write(stdout, Buffer.from([0xff, 0x41]));
  await recording.close();
  const data = (await readFile(path, 'utf8')).trimEnd().split('\n').slice(1);
  assert.deepEqual(
    data.map((line) => (JSON.parse(line) as string[])[2]),
    ['x', '€', '\ufffdA'],
  );
});

test('only the owner can read a recording', async (t) => {
  const path = join(await makeFolder(t), 'session.cast');
  await (await openRecording({ ...options, path })).close();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('a recording replaces no file', async (t) => {
  const path = join(await makeFolder(t), 'session.cast');
  await writeFile(path, 'mine');
  await assert.rejects(openRecording({ ...options, path }), { code: 'KX_USAGE', message: /exists already/ });
  assert.equal(await readFile(path, 'utf8'), 'mine');
});

test('a folder that does not exist is a usage error', async (t) => {
  const path = join(await makeFolder(t), 'none/session.cast');
  await assert.rejects(openRecording({ ...options, path }), { code: 'KX_USAGE', message: /^cannot write.*ENOENT/ });
});

test('the error of the output is the error of the stream that records it', async (t) => {
  const path = join(await makeFolder(t), 'session.cast');
  const recording = await openRecording({ ...options, path });
  const output = recording.through(makeSink(new Error('EPIPE')).sink);
  const failed = new Promise<Error>((resolve) => output.once('error', resolve));
  await assert.rejects(write(output, 'x'), /EPIPE/);
  assert.match((await failed).message, /EPIPE/);
  await recording.close();
});
