import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { copyLog, readLog, type CopyRequest } from '../../../src/lib/logs/index.ts';
import { failure } from '../target/api-server.ts';
import { startLogServer, type LogServer } from './log-server.ts';
import { source, textsOf } from './support.ts';

const never = new AbortController().signal;

async function copied(server: LogServer, request: CopyRequest['request'] = {}): Promise<string> {
  const output = new PassThrough();
  const chunks: Buffer[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  await copyLog({ api: server.api, target: source, request, signal: never }, output);
  output.end();
  return Buffer.concat(chunks).toString('latin1');
}

async function read(server: LogServer): Promise<string> {
  const lines = await textsOf(readLog({ api: server.api, target: source, source, start: {}, signal: never }));
  return lines.map((text) => `${text}\n`).join('');
}

/** A log that is long enough to be worth a question about its end. */
function writeLong(server: LogServer, textOf: (index: number) => string): string {
  const texts = Array.from({ length: 6000 }, (_, index) => textOf(index));
  server.write(...texts);
  server.wait(60_000);
  return texts.map((text) => `${text}\n`).join('');
}

for (const [name, show] of [
  ['a log that is copied', copied],
  ['a log that is read', read],
] as const) {
  describe(name, () => {
    test('is whole', async () => {
      const server = await startLogServer();
      assert.equal(await show(server), '');
      const text = writeLong(server, (index) => `line ${index} of a log that is long enough`);
      assert.equal(await show(server), text);
    });

    test('is whole after a cut, and after one that looks like its end', async () => {
      const server = await startLogServer();
      const text = writeLong(server, (index) => `line ${index} of a log that is long enough`);
      for (const bytes of [0, 10, 70_000, 100_000]) {
        server.cutAfter(bytes);
        assert.equal(await show(server), text);
      }
      for (const bytes of [150_000, 170_001]) {
        server.endAfter(bytes);
        assert.equal(await show(server), text);
      }
    });

    test('is whole when its lines are all the same, too', async () => {
      const server = await startLogServer();
      const text = writeLong(server, () => 'y'.repeat(120));
      assert.equal(await show(server), text);
      server.endAfter(200_000);
      assert.equal(await show(server), text);
    });

    test('is an error when it was rotated meanwhile', async () => {
      const server = await startLogServer();
      writeLong(server, (index) => `line ${index} of a log that is long enough`);
      server.cutAfter(100_000);
      const showing = show(server);
      const asked = server.asked.length;
      while (server.asked.length === asked) await new Promise((resolve) => setTimeout(resolve, 5));
      server.rotate();
      server.wait(60_000);
      writeLong(server, (index) => `line ${index} of the next file`);
      await assert.rejects(showing, { code: 'KX_CONNECTION_LOST', message: /rotated/ });
    });

    test('is an error where it is refused', async () => {
      const server = await startLogServer();
      server.refuse(failure(403, 'Forbidden', 'no'));
      await assert.rejects(show(server), { code: 'KX_FORBIDDEN' });
    });
  });
}

test('a log whose last lines are all the same is copied once', async () => {
  const server = await startLogServer();
  const text = writeLong(server, (index) =>
    index < 5900 ? `line ${index} of a log that is long enough` : 'y'.repeat(80),
  );
  const wholes = (): number => server.asked.filter((url) => !url.searchParams.has('tailLines')).length;
  assert.equal(await copied(server), text);
  assert.equal(wholes(), 1);
  server.endAfter(Buffer.byteLength(text) - 810);
  assert.equal(await copied(server), text);
});

test('timestamps are passed on, also before and after a long line', async () => {
  const server = await startLogServer();
  writeLong(server, (index) => `line ${index} of a log that is long enough`);
  const lines = (await copied(server, { timestamps: true })).trimEnd().split('\n');
  assert.equal(lines.length, 6000);
  assert.ok(lines.every((text) => /^2026-01-02T03:04:05\.\d{9}Z line \d+ of/.test(text)));
});

test('a log is copied no further when nobody reads it', async () => {
  const server = await startLogServer();
  writeLong(server, (index) => `line ${index} of a log that is long enough`);
  const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  output.on('error', () => {});
  await copyLog({ api: server.api, target: source, request: {}, signal: never }, output);
});

test('a log that was cut behind a clock that was set back is an error: servers find the place by time only', async () => {
  await using server = await startLogServer();
  writeLong(server, (index) => `line ${index} of a log that is long enough`);
  server.wait(-600_000);
  writeLong(server, (index) => `line ${index} of the time before`);
  server.cutAfter(500_000);
  await assert.rejects(read(server), /the clock of its node was set back/);
});
