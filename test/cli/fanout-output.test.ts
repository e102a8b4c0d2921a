import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { checkSchema, schemaIn } from '../support/json-schema.ts';
import { kxBinary, run } from '../support/program.ts';

suite('kx fanout-exec: what is shown', () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });
  const shown = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await fleet.fanout(['-q', ...args]);
    assert.doesNotMatch(stderr, /KX_INTERNAL/);
    return stdout.toString();
  };
  const sh = (script: string): string[] => ['--', 'sh', '-c', script];
  /** Groups that differ in size, so that their order is certain. */
  const thirds = 'if [ {index} -lt 8 ]; then seq 5; elif [ {index} -lt 11 ]; then seq 6; else seq 5; exit 2; fi';

  test('stream: stdout goes to stdout and stderr to stderr, whole lines with the name in front', async () => {
    const { stdout, stderr } = await fleet.fanout(['sts/db', ...sh('echo out; echo err >&2; printf last')]);
    assert.deepEqual(
      stdout.toString().split('\n').sort().slice(1),
      [0, 1, 2].flatMap((i) => [`db-${i} last`, `db-${i} out`]),
    );
    for (const i of [0, 1, 2]) assert.match(stderr, new RegExp(`^db-${i} err$`, 'm'));
  });

  test('stream: lines of any length stay whole, and others are not held up by one that does not end', async () => {
    const script = 'head -c 3000000 /dev/zero | tr "\\0" {index}; test {index} = 0 && sleep 2; echo; echo short';
    const text = await shown('sts/db', ...sh(script));
    const lines = text.split('\n').slice(0, -1);
    assert.equal(lines.length, 6);
    const long = lines.filter((line) => line.length > 100);
    for (const line of long) assert.match(line, /^db-(\d) \1{3000000}$/);
    assert.match(long.at(-1)?.slice(0, 6) ?? '', /^db-0 0/, 'the one that waited came last');
  });

  test('stream: bytes that are not text pass as they are', async () => {
    const { stdout } = await fleet.fanout(['web-0', '-q', ...sh('printf "\\377\\0\\033[1m\\n"')]);
    assert.ok(stdout.equals(Buffer.from('web-0 \xff\0\x1b[1m\n', 'latin1')));
  });

  test('stream: --max-output cuts each output of each target, and says so', async () => {
    const { code, stdout, stderr } = await fleet.fanout([
      'sts/db',
      '--max-output',
      '100',
      ...sh('seq 10000; seq 9 >&2'),
    ]);
    assert.equal(code, 0);
    assert.equal(stdout.toString().replaceAll(/^db-\d /gm, '').length, 3 * 101, 'the cut lines get their line feeds');
    assert.equal(stderr.match(/^db-\d warning: stdout is cut here, after 100 B$/gm)?.length, 3);
  });

  test('gather: equal output with an equal end is shown once, with folded names', async () => {
    assert.equal(
      await shown('sts/web', '-o', 'gather', ...sh(thirds)),
      [
        '---------------',
        'web-[0-6,10] (8)',
        '---------------',
        '1\n2\n3\n4\n5',
        '---------------',
        'web-[7-8,11] (3)',
        '---------------',
        '1\n2\n3\n4\n5\n6',
        '---------------',
        'web-9: exit code 2',
        '---------------',
        '1\n2\n3\n4\n5\n',
      ]
        .join('\n')
        .replaceAll('web-[0-6,10]', namesOf(0, 8))
        .replaceAll('web-[7-8,11]', namesOf(8, 11))
        .replaceAll('web-9:', `${namesOf(11, 12)}:`),
    );
  });

  test('gather: what was written to stderr is gathered on stderr', async () => {
    const { stdout, stderr } = await fleet.fanout(['sts/db', '-q', '-o', 'gather', ...sh('echo wrong >&2')]);
    assert.equal(stdout.toString(), '---------------\ndb-[0-2] (3)\n---------------\n');
    assert.equal(stderr, '---------------\ndb-[0-2] (3)\n---------------\nwrong\n');
  });

  test('diff: the largest group is shown whole, of the others what differs', async () => {
    const text = await shown('sts/web', '-o', 'diff', ...sh(thirds));
    const [, largest = '', , other = '', , failed = ''] = /* headers and bodies in turn */ bodiesOf(text);
    assert.equal(largest, '1\n2\n3\n4\n5\n');
    assert.match(other, /^--- .*\n\+\+\+ .*\n@@ .* @@\n 3\n 4\n 5\n\+6\n$/);
    assert.equal(failed, 'no difference\n');
    assert.match(text, /: exit code 2\n/);
  });

  test('summary: the result is on stdout, and nothing of what commands wrote', async () => {
    const { stdout, stderr } = await fleet.fanout(['sts/db', '-o', 'summary', '-q', ...sh('echo noise; exit {index}')]);
    assert.equal(stderr, '');
    assert.match(
      stdout.toString(),
      /^3 targets in \d+\.\d s: 1 succeeded, 2 failed\n {2}succeeded \(1\): db-0\n {2}exit code 1 \(1\): db-1\n {2}exit code 2 \(1\): db-2\n$/,
    );
  });

  test('json: a line for each target, as the schema in docs/fanout.md says', async () => {
    const schema = schemaIn(readFileSync(resolve(import.meta.dirname, '../../docs/fanout.md'), 'utf8'));
    const script =
      'echo "{pod}"; printf "\\377" >&2; test {pod} = web-1 && exit 9; head -c 2000000 /dev/zero | tr "\\0" z';
    const args = ['web-0', 'web-1', 'bare', 'refused', 'no-status', 'web-2', '-o', 'json', '--max-output', '1Mi'];
    const { stdout } = await fleet.fanout([...args, '-q', '--parallelism', '2', '--max-failures', '4', ...sh(script)]);
    const results = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(results.length, 6);
    for (const result of results) checkSchema(schema, result);
    const of = (pod: string): Record<string, unknown> =>
      results.find((result) => (result['target'] as { pod: string }).pod === pod) ?? assert.fail(pod);
    assert.equal(of('web-1')['stdout'], 'web-1\n');
    assert.equal(of('web-1')['stderrBase64'], '/w==');
    assert.deepEqual([of('web-1')['outcome'], of('web-1')['code']], ['failed', 9]);
    assert.deepEqual(of('web-0')['truncated'], { stdout: true, stderr: false });
    assert.deepEqual(of('web-0')['bytes'], { stdout: 2_000_006, stderr: 1 });
    assert.equal((of('web-0')['stdout'] as string).length, 1 << 20);
    assert.equal(of('refused')['outcome'], 'not-reached');
    assert.equal(of('no-status')['outcome'], 'unknown');
    assert.deepEqual([of('bare')['outcome'], of('bare')['code']], ['failed', 127]);
  });

  test('json: what was skipped has its line too', async () => {
    const { stdout } = await fleet.fanout([
      'sts/db',
      '-q',
      '-o',
      'json',
      '--parallelism',
      '1',
      '--max-failures',
      '1',
      '--',
      'false',
    ]);
    const results = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { outcome: string; startedAt: null });
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['failed', 'skipped', 'skipped'],
    );
    assert.equal(results[1]?.startedAt, null);
  });

  test('--outdir writes a file for each output of each target, and the summary besides', async () => {
    const folder = join(fleet.sandbox.folder, 'out', 'deep');
    const { code, stdout, stderr } = await fleet.fanout([
      'sts/db',
      'refused',
      '--outdir',
      folder,
      ...sh('echo {index}; test {index} = 1 && echo oops >&2; true'),
    ]);
    assert.equal(code, 125);
    assert.deepEqual(readdirSync(folder).sort(), [
      'default_db-0_main.stdout',
      'default_db-1_main.stderr',
      'default_db-1_main.stdout',
      'default_db-2_main.stdout',
    ]);
    assert.equal(readFileSync(join(folder, 'default_db-2_main.stdout'), 'latin1'), '2\n');
    assert.equal(readFileSync(join(folder, 'default_db-1_main.stderr'), 'latin1'), 'oops\n');
    assert.match(stdout.toString(), /3 succeeded, 1 not reached/);
    assert.match(stderr, /^(Defaulted.*\n)?$/);
  });

  test('--outdir that cannot be written ends the whole with one error', async () => {
    const file = join(fleet.sandbox.folder, 'a-file');
    writeFileSync(file, '');
    const { code, stderr } = await fleet.fanout(['sts/db', '--outdir', file, '--', 'true']);
    assert.equal(code, 125);
    assert.match(stderr, /error: cannot make the folder of --outdir: .* \[KX_USAGE\]\n/);
    const full = await run('sh', ['-c', `"$KX" fanout sts/db -q --outdir "$DIR" -- true; echo code $?`], {
      env: { ...fleet.sandbox.env, KX: kxBinary(), DIR: '/proc/1' },
    });
    assert.match(full.stdout.toString(), /^code 125\n$/);
    assert.match(full.stderr, /^error: .*\/proc\/1.* \[KX_USAGE\]\n/m);
  });

  test('-q says nothing of a success, and everything of a failure', async () => {
    const fine = await fleet.fanout(['web-0', '-q', '--', 'true']);
    assert.deepEqual([fine.code, fine.stderr], [0, '']);
    const failed = await fleet.fanout(['web-0', '-q', '--', 'false']);
    assert.match(failed.stderr, /^1 target in .*: 1 failed\n {2}exit code 1 \(1\): web-0\n$/);
  });

  test('--color paints names where it is asked to', async () => {
    assert.match(await shown('web-0', '--color', 'always', '--', 'echo', 'x'), /^\x1b\[\d+m.*web-0.*x\n$/);
    assert.equal(await shown('web-0', '--', 'echo', 'x'), 'web-0 x\n');
  });

  /** The folded names of the places `from` to `to` in the order of the targets, which is that of text. */
  function namesOf(from: number, to: number): string {
    const names = Array.from({ length: 12 }, (_, i) => i).sort((a, b) => (`web-${a}` < `web-${b}` ? -1 : 1));
    const numbers = names.slice(from, to).sort((a, b) => a - b);
    if (numbers.length === 1) return `web-${numbers[0]}`;
    const ranges: number[][] = [];
    for (const number of numbers) {
      const last = ranges.at(-1);
      if (last?.at(-1) === number - 1) last.push(number);
      else ranges.push([number]);
    }
    return `web-[${ranges.map((range) => (range.length > 1 ? `${range[0]}-${range.at(-1)}` : range[0])).join(',')}]`;
  }

  /** The parts between the rules: header, body, header, body… */
  function bodiesOf(text: string): string[] {
    return text.split('---------------\n').slice(1);
  }
});
