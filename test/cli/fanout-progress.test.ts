import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { kxBinary } from '../support/program.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { rowsOf } from '../support/screen.ts';

suite('kx fanout-exec: the line of progress on a terminal', () => {
  let fleet: Fleet;
  let sessions = 0;
  before(async () => {
    fleet = await startFleet();
  });

  interface Session {
    readonly pty: Pty;
    /** What is on the screen in the end; fails where the terminal has other settings than before. */
    readonly ended: (columns?: number) => Promise<{ code: number; rows: readonly string[] }>;
  }
  /** Runs a fan-out in a terminal; `line` is of the shell, and has the words in `"$@"` and kx as `$KX`. */
  async function open(
    args: readonly string[],
    { columns = 80, line = '"$KX" fanout "$@"', env = {} }: { columns?: number; line?: string; env?: object } = {},
  ): Promise<Session> {
    const note = join(fleet.sandbox.folder, `terminal-${++sessions}`);
    const script = `trap : INT; stty -g >"$0.before"; ${line}; code=$?; stty -g >"$0.after"; exit $code`;
    const pty = await openPty(['sh', '-c', script, note, ...args], {
      columns,
      env: { ...fleet.sandbox.env, KX: kxBinary(), LC_ALL: 'C.UTF-8', ...env },
    });
    return {
      pty,
      ended: async (width = columns) => {
        const { code } = await pty.ended;
        assert.equal(readFileSync(`${note}.after`, 'utf8'), readFileSync(`${note}.before`, 'utf8'));
        assert.doesNotMatch(pty.screen(), /\x1b\[\?25l/, 'the cursor stays where one sees it');
        return { code, rows: rowsOf(pty.screen(), width) };
      },
    };
  }
  /** A command that ends when `letGo` was called for its name; db-0 fails, db-1 succeeds at once. */
  const gate = (name: string): string[] => {
    const wait = `until [ -e /tmp/${name} ]; do sleep 0.1; done`;
    return ['--', 'sh', '-c', `case {pod} in db-0) exit 3;; db-1) exit 0;; esac; ${wait}; echo through`];
  };
  const letGo = (name: string) => fleet.fanout(['db-2', '-q', '--', 'touch', `/tmp/${name}`]);
  const summary = [/^3 targets in \d+\.\d s: 2 succeeded, 1 failed$/, /^ {2}exit code 3 \(1\): db-0$/];
  const matchRows = (rows: readonly string[], expected: readonly (string | RegExp)[]): void => {
    assert.equal(rows.length, expected.length, rows.join('\n'));
    expected.forEach((each, at) => {
      if (typeof each === 'string') assert.equal(rows[at], each);
      else assert.match(rows[at] ?? '', each);
    });
  };
  const rule = '---------------';

  test('it counts what is done, runs and failed, and says how long the rest may take; nothing of it stays', async () => {
    const { pty, ended } = await open(['sts/db', '-c', 'main', '-o', 'gather', ...gate('counts')]);
    await pty.sees(/2\/3 done {2}1 running {2}1 failed {2}\d+:\d\d left/);
    await letGo('counts');
    const { code, rows } = await ended();
    assert.equal(code, 3);
    const blocks = [rule, 'db-1', rule, rule, 'db-2', rule, 'through', rule, 'db-0: exit code 3', rule];
    matchRows(rows, [...blocks, ...summary]);
  });

  test('it gives way to the lines of commands, and comes back', async () => {
    const script =
      'for i in 1 2 3; do echo "{pod} says $i"; done; echo wrong >&2; until [ -e /tmp/way ]; do sleep 0.1; done';
    const { pty, ended } = await open(['db-2', '-c', 'main', '--', 'sh', '-c', `${script}; echo bye`]);
    await pty.sees(/says 3[^]*0\/1 done {2}1 running {2}0 failed/);
    await letGo('way');
    const { code, rows } = await ended();
    assert.equal(code, 0);
    const said = rows.slice(0, -1).sort();
    assert.deepEqual(said, ['db-2 bye', ...[1, 2, 3].map((i) => `db-2 db-2 says ${i}`), 'db-2 wrong'].sort());
    assert.match(rows.at(-1) ?? '', /^1 target in \d+\.\d s: 1 succeeded$/);
  });

  test('it is there while stdout goes to a file', async () => {
    const file = join(fleet.sandbox.folder, 'stdout');
    const { pty, ended } = await open(['sts/db', '-c', 'main', ...gate('file')], {
      line: `"$KX" fanout "$@" >${file}`,
    });
    await pty.sees(/2\/3 done {2}1 running {2}1 failed/);
    await letGo('file');
    const { rows } = await ended();
    matchRows(rows, ['db-0 command terminated with exit code 3', ...summary]);
    assert.equal(readFileSync(file, 'latin1'), 'db-2 through\n');
  });

  for (const [what, args, options] of [
    ['stderr is no terminal', [], { line: '"$KX" fanout "$@" 2>/dev/null' }],
    ['the terminal is dumb', [], { env: { TERM: 'dumb' } }],
    ['quiet is asked for', ['-q'], {}],
  ] as const) {
    test(`it is not drawn where ${what}`, async () => {
      const command = ['--', 'sh', '-c', 'echo up; sleep 1; echo down'];
      const { pty, ended } = await open(['db-0', '-c', 'main', ...args, ...command], options);
      const { code, rows } = await ended();
      assert.equal(code, 0);
      assert.doesNotMatch(pty.screen(), /running|\x1b\[K/);
      assert.deepEqual(rows.slice(0, 2), ['db-0 up', 'db-0 down']);
    });
  }

  test('it is no wider than a terminal of 20 columns, and than one that became so', async () => {
    for (const columns of [20, 80]) {
      const name = `narrow-${columns}`;
      const { pty, ended } = await open(['sts/db', '-c', 'main', '-o', 'summary', ...gate(name)], { columns });
      await pty.sees(columns === 20 ? /2\/3 done {2}1 r/ : /1 failed {2}\d+:\d\d left/);
      if (columns === 80) pty.resize(20, 24);
      // Two frames later whatever was drawn for the width before is over.
      for (let frame = 0; frame < 2; frame++) await pty.sees(/\r\x1b\[K/);
      const from = pty.screen().length;
      for (let frame = 0; frame < 3; frame++) await pty.sees(/2\/3 done/);
      const frames = pty.screen().slice(pty.screen().lastIndexOf('\r\x1b[K', from));
      assert.equal(rowsOf(frames, 20).length, 1, JSON.stringify(frames));
      await letGo(name);
      assert.equal((await ended(20)).code, 3);
      assert.doesNotMatch(rowsOf(pty.screen(), 80).join('\n'), /running/);
    }
  });

  test('Ctrl-C names who runs on a row of its own, the second ends it, and nothing of the line stays', async () => {
    const { pty, ended } = await open(['sts/db', '-c', 'main', '-o', 'json', ...gate('never')], {
      line: '"$KX" fanout "$@" >/dev/null',
    });
    await pty.sees(/2\/3 done {2}1 running/);
    pty.write('\x03');
    await pty.sees(/canceled: no more are launched; 1 still running, which Ctrl-C ends: db-2\r\n/);
    await pty.sees(/2\/3 done {2}1 running/);
    pty.write('\x03');
    const { code, rows } = await ended();
    assert.equal(code, 130);
    matchRows(rows, [
      'canceled: no more are launched; 1 still running, which Ctrl-C ends: db-2',
      /^3 targets in \d+\.\d s: 1 succeeded, 1 failed, 1 canceled$/,
      '  exit code 3 (1): db-0',
      '  canceled (1): db-2',
      '    canceled by Ctrl-C',
      '    hint: the remote command and its children were ended',
    ]);
  });
});
