import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { countOf, parseAmount } from '../../../src/commands/fanout-exec/amount.ts';
import { createCapturer } from '../../../src/commands/fanout-exec/capture.ts';
import { createGroups } from '../../../src/commands/fanout-exec/groups.ts';
import { shareOutput } from '../../../src/commands/fanout-exec/line-output.ts';
import { writeLines } from '../../../src/commands/fanout-exec/line-writer.ts';
import { createScratch } from '../../../src/commands/fanout-exec/scratch.ts';
import { readScript } from '../../../src/commands/fanout-exec/script.ts';
import { exitCodeOf, judge, type Result } from '../../../src/commands/fanout-exec/verdict.ts';
import type { ExecTarget } from '../../../src/commands/fanout-exec/exec-target.ts';
import { KxError, type KxErrorOptions, type KxCode } from '../../../src/lib/errors/index.ts';

suite('amounts of targets', () => {
  test('a number, or a part of all that is rounded up and never none', () => {
    assert.equal(countOf(parseAmount('7', 'batch'), 100), 7);
    assert.equal(countOf(parseAmount('10%', 'batch'), 25), 3);
    assert.equal(countOf(parseAmount('1%', 'batch'), 3), 1);
    assert.equal(countOf(parseAmount('100%', 'batch'), 3), 3);
  });

  test('nothing and more than everything are usage errors that name the flag', () => {
    for (const text of ['', '0', '0%', '101%', '-1', '1.5', 'x', '%', '99999999999999999999']) {
      assert.throws(() => parseAmount(text, 'batch'), { code: 'KX_USAGE', message: /"--batch" flag/ }, text);
    }
  });
});

suite('what becomes of a target', () => {
  const target = {} as ExecTarget;
  const common = { target, index: 0, attempts: 1, startedAt: 0, endedAt: 0 };
  const ended = (value: number): Result => judge({ ...common, kind: 'done', value });
  const failed = (code: KxCode, options: KxErrorOptions): Result =>
    judge({ ...common, kind: 'error', error: new KxError(code, 'message', options) });
  const skipped = judge({ kind: 'skipped', target, index: 0, why: 'failures' });

  test('has a code only where one is proven', () => {
    const cases: [Result, string, number | undefined][] = [
      [ended(0), 'succeeded', 0],
      [ended(3), 'failed', 3],
      [failed('KX_COMMAND_NOT_FOUND', { ran: 'no' }), 'failed', 127],
      [failed('KX_COMMAND_NOT_EXECUTABLE', { ran: 'no' }), 'failed', 126],
      [failed('KX_TIMEOUT', { ran: 'yes' }), 'failed', 124],
      [failed('KX_TIMEOUT', { ran: 'maybe' }), 'unknown', undefined],
      [failed('KX_TIMEOUT', { ran: 'no' }), 'not-reached', undefined],
      [failed('KX_UNREACHABLE', { ran: 'no' }), 'not-reached', undefined],
      [failed('KX_CONNECTION_LOST', { ran: 'maybe' }), 'unknown', undefined],
      [failed('KX_CONNECTION_LOST', { ran: 'yes' }), 'unknown', undefined],
      [failed('KX_CANCELED', { ran: 'yes' }), 'canceled', undefined],
      [failed('KX_CANCELED', { ran: 'no' }), 'canceled', undefined],
      [failed('KX_CANCELED', { ran: 'maybe' }), 'unknown', undefined],
      [skipped, 'skipped', undefined],
    ];
    for (const [result, verdict, code] of cases) assert.deepEqual([result.verdict, result.code], [verdict, code]);
  });

  test('the exit code is the larger of the largest code and, where something is not proven, 125', () => {
    const lost = failed('KX_CONNECTION_LOST', { ran: 'maybe' });
    assert.equal(exitCodeOf([ended(0), ended(0)]), 0);
    assert.equal(exitCodeOf([ended(0), ended(2), ended(1)]), 2);
    assert.equal(exitCodeOf([ended(2), lost]), 125);
    assert.equal(exitCodeOf([ended(137), lost]), 137);
    assert.equal(exitCodeOf([ended(0), failed('KX_FORBIDDEN', { ran: 'no' })]), 125);
  });
});

suite('lines of many on one output', () => {
  /** Writes pieces through a prefixing stream, several sources taking turns, and gives what came out. */
  async function through(sources: readonly (readonly Buffer[])[]): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const output = new Writable({
      highWaterMark: 64,
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        setImmediate(done);
      },
    });
    const shared = shareOutput(output);
    const streams = sources.map((_, source) => writeLines(shared, `${source}> `));
    const longest = Math.max(0, ...sources.map(({ length }) => length));
    for (let turn = 0; turn < longest; turn++) {
      sources.forEach((pieces, source) => {
        const piece = pieces[turn];
        if (piece !== undefined) streams[source]?.write(piece);
      });
    }
    await Promise.all(streams.map((stream) => finished(stream.end())));
    await finished(output.end());
    return Buffer.concat(chunks);
  }

  test('are whole, whatever pieces they came in, and each source keeps its order', async () => {
    const text = fc.array(fc.constantFrom('a', 'b\n', '\n', 'cd', '\n\n', 'é'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), async (sources) => {
        const out = await through(sources.map((pieces) => pieces.map((piece) => Buffer.from(piece))));
        const lines = out.toString().split('\n').slice(0, -1);
        sources.forEach((pieces, source) => {
          const written = pieces.join('');
          const expected = written === '' ? [] : written.replace(/\n$/, '').split('\n');
          const own = lines.filter((line) => line.startsWith(`${source}> `)).map((line) => line.slice(3));
          assert.deepEqual(own, expected);
        });
        assert.ok(lines.every((line) => /^\d> /.test(line)));
      }),
    );
  });

  test('may be longer than what is kept in memory', async () => {
    const piece = Buffer.alloc(50_000, 'x');
    const long = Array.from({ length: 30 }, () => piece);
    const out = await through([
      [...long, Buffer.from('\nshort\n'), ...long],
      [Buffer.from('one\n'), ...long, Buffer.from('\n')],
    ]);
    const x = 'x'.repeat(1_500_000);
    assert.deepEqual(
      out.toString().split('\n').sort(),
      ['', `0> ${x}`, `0> ${x}`, '0> short', '1> one', `1> ${x}`].sort(),
    );
  });
});

suite('outputs that are kept', () => {
  test('are what was written up to the limit, in memory or not', async () => {
    const scratch = createScratch();
    const capture = createCapturer(scratch);
    const sizes = fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 4 }), fc.nat(200_000), async (outputs, limit) => {
        const captures = outputs.map((pieces) => ({ pieces, ...capture(limit) }));
        await Promise.all(
          captures.map(async ({ pieces, stream }, at) => {
            pieces.forEach((size) => stream.write(Buffer.alloc(size, `${at}`)));
            await finished(stream.end());
          }),
        );
        for (const [at, { pieces, captured }] of captures.entries()) {
          const total = pieces.reduce((a, b) => a + b, 0);
          assert.deepEqual([captured.total, captured.kept], [total, Math.min(total, limit)]);
          assert.ok((await captured.read()).equals(Buffer.alloc(Math.min(total, limit), `${at}`)));
          captured.drop();
        }
      }),
      { numRuns: 30 },
    );
    await scratch.close();
  });

  test('are grouped by output and end, the largest group first', async () => {
    const scratch = createScratch();
    const capture = createCapturer(scratch);
    const groups = createGroups();
    const add = async (name: string, index: number, code: number, text: string): Promise<void> => {
      const { stream, captured } = capture(Infinity);
      await finished(stream.end(text));
      groups.add({ name, index, code, ending: `exit code ${code}`, output: captured });
    };
    await add('c', 2, 0, 'same');
    await add('d', 3, 1, 'same');
    await add('a', 0, 0, 'same');
    await add('b', 1, 0, 'other');
    assert.deepEqual(
      groups.sorted().map(({ names, code }) => [names, code]),
      [
        [['a', 'c'], 0],
        [['b'], 0],
        [['d'], 1],
      ],
    );
    await scratch.close();
  });
});

suite('a script for containers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kx-script-test-'));
  after(() => rmSync(folder, { recursive: true }));
  /** Runs the command here, as a container would. */
  const runScript = (text: string, args: readonly string[], input = ''): string => {
    const file = join(folder, 'script');
    writeFileSync(file, text);
    const { command, bytes } = readScript(file);
    const [program = '', ...words] = command(args);
    return spawnSync(program, words, { input: Buffer.concat([bytes, Buffer.from(input)]) }).stdout.toString();
  };

  test('reads only what is its own of the input, and gets its arguments', () => {
    assert.equal(runScript('echo "$1|$2|$#"; cat\n', ['a b', "'"], 'the rest'), "a b|'|2\nthe rest");
  });

  test('runs with the interpreter of its first line, and one argument for that', () => {
    assert.equal(runScript('#! /bin/sh -e\nfalse\necho no\n', []).length, 0, 'it ended at false');
    assert.equal(runScript('#!/usr/bin/env perl\nprint "@ARGV";', ['x', 'y']), 'x y');
  });

  test('may have any length, quotes, empty lines at its end and no line feed there', () => {
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const text = `echo '"$\`'; exit\n${'#'.repeat(size)}`;
      assert.equal(runScript(text, []), '"$`\n');
    }
    assert.equal(runScript("cat <<'X'\n\n\nX\n\n\n", []), '\n\n');
  });
});
