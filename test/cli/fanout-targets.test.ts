import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { runKx } from '../support/program.ts';

suite('kx fanout-exec: which containers are meant', () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });

  /** The targets as NAMESPACE/POD/CONTAINER. */
  const targets = async (args: readonly string[], stdin?: string): Promise<string[]> => {
    const { code, stdout, stderr } = await fleet.fanout([...args, '--dry-run', '-o', 'json', '-q'], { stdin });
    assert.equal(code, 0, stderr);
    const lines = stdout.toString().trim().split('\n');
    return lines.map((line) => {
      const { namespace, pod, container } = JSON.parse(line) as Record<string, string>;
      return `${namespace}/${pod}/${container}`;
    });
  };
  const web = (...numbers: number[]): string[] => numbers.map((number) => `default/web-${number}/main`);

  test('names are taken as they are, in the order of namespace and pod, once', async () => {
    assert.deepEqual(await targets(['web-3', 'pod/web-1', 'web-3']), web(1, 3));
  });

  test('TYPE/NAME means all of its pods, of each the default container', async () => {
    assert.deepEqual(await targets(['sts/db']), ['default/db-0/main', 'default/db-1/main', 'default/db-2/main']);
  });

  test('a pattern is tested on the names of pods, and names and patterns add up', async () => {
    assert.deepEqual(await targets(['/^web-1.$/', 'db-2']), ['default/db-2/main', ...web(10, 11)]);
  });

  test('a selector leaves out pods that have ended; a name does not', async () => {
    assert.equal((await targets(['-l', 'app=web'])).length, 12);
    assert.deepEqual(await targets(['finished']), ['default/finished/main']);
  });

  test('a field selector, a node, all namespaces and several of them', async () => {
    assert.deepEqual(await targets(['--field-selector', 'metadata.name=web-2']), web(2));
    const onOne = await targets(['-A', '--node', 'node-1', '/elsewhere|cut/']);
    assert.deepEqual(onOne, ['default/cut/main', 'other/elsewhere/main']);
    assert.deepEqual(await targets(['-n', 'other', '/./']), ['other/elsewhere/main']);
    const both = ['default/web-0/main', 'other/elsewhere/main'];
    assert.deepEqual(await targets(['-n', 'other', '-n', 'default', '/^web-0$|elsewhere/']), both);
    assert.deepEqual(await targets(['-n', 'other,default', '/^web-0$|elsewhere/']), both);
  });

  test('-c names a container or gives a pattern, --all-containers takes them all', async () => {
    assert.deepEqual(await targets(['db-0', '-c', 'side']), ['default/db-0/side']);
    assert.deepEqual(await targets(['db-0', '-c', '/^s/']), ['default/db-0/side']);
    assert.deepEqual(await targets(['db-0', '--all-containers']), ['default/db-0/main', 'default/db-0/side']);
  });

  test('--exclude leaves out by name and by pattern', async () => {
    assert.deepEqual(await targets(['sts/web', '--exclude', 'web-1', '--exclude', '/-[02-9]$/']), web(10, 11));
  });

  test('targets come from a file or stdin, by lines and spaces, with comments', async () => {
    const file = join(fleet.sandbox.folder, 'targets');
    writeFileSync(file, '# all of these\nweb-1 web-2 # and\n\n\tsts/db\r\n');
    const expected = ['default/db-0/main', 'default/db-1/main', 'default/db-2/main', ...web(1, 2)];
    assert.deepEqual(await targets(['--targets-file', file]), expected);
    assert.deepEqual(await targets(['--targets-file', '-'], 'web-7\n'), web(7));
  });

  test('a file that names nothing does not mean everything', async () => {
    const { code, stderr } = await fleet.fanout(['--targets-file', '-', '--', 'true'], { stdin: '# nothing\n' });
    assert.equal(code, 125);
    assert.match(stderr, /^error: no target is named in - \[KX_TARGET_NOT_FOUND\]$/m);
  });

  test('folded names are taken as summaries write them, as words, in files and to leave out', async () => {
    assert.deepEqual(await targets(['web-[0-2,5],db-1', '--exclude', 'web-[1-2]']), [
      'default/db-1/main',
      ...web(0, 5),
    ]);
    assert.deepEqual(await targets(['--targets-file', '-'], 'web-[8-10]\n'), web(10, 8, 9));
  });

  test('--pick takes so many of them, in their order', async () => {
    const picked = await targets(['sts/web', '--pick', '5']);
    const all = await targets(['sts/web']);
    assert.equal(new Set(picked).size, 5);
    assert.deepEqual(
      picked,
      all.filter((each) => picked.includes(each)),
    );
    assert.equal((await targets(['sts/db', '--pick', '50'])).length, 3);
  });

  test('--dry-run lists them as a table and runs nothing', async () => {
    const { code, stdout, stderr } = await fleet.fanout(['web-1', 'bare', '--dry-run', '--', 'false']);
    assert.deepEqual([code, stderr], [0, '']);
    const table = /^NAMESPACE {3}POD {5}CONTAINER {3}NODE {5}STATE\ndefault {5}bare {4}main {8}node-1 {3}running\n/;
    assert.match(stdout.toString(), table);
  });

  test('several contexts are one list, and names say which', async () => {
    const contexts = ['--context', 'sandbox', '--context', 'sandbox-viewer'];
    const { code, stdout } = await fleet.fanout([...contexts, '-n', 'other', 'elsewhere', '--', 'echo', '{context}']);
    assert.equal(code, 0);
    const lines = stdout.toString().trim().split('\n').sort();
    assert.equal(lines.length, 2);
    assert.match(lines[0] ?? '', /sandbox.*elsewhere.* sandbox$/);
    assert.match(lines[1] ?? '', /sandbox-viewer.*elsewhere.* sandbox-viewer$/);
  });

  test('what is meant must be said, and must be there: otherwise nothing runs anywhere', async () => {
    const cases: [string[], RegExp][] = [
      [['--', 'true'], /no targets were given \[KX_USAGE\]/],
      [['-l', '', '--', 'true'], /no targets were given \[KX_USAGE\]/],
      [['web-1'], /at least one command.* \[KX_USAGE\]/],
      [['web-1', 'web-99', '--', 'true'], /web-99.* \[KX_TARGET_NOT_FOUND\]/],
      [['-l', 'app=nothing', '--', 'true'], /\[KX_TARGET_NOT_FOUND\]/],
      [['/(/', '--', 'true'], /\[KX_USAGE\]/],
      [['bogus/x', '--', 'true'], /\[KX_USAGE\]/],
      [['web-[1-', '--', 'true'], /"web-\[1-" does not name targets \[KX_USAGE\]/],
      [['web-1', '-c', 'main', '--all-containers', '--', 'true'], /not both \[KX_USAGE\]/],
      [['-i', '--targets-file', '-', '--', 'true'], /both read stdin \[KX_USAGE\]/],
      [['web-1', '--batch-pause', '1s', '--', 'true'], /--batch.* \[KX_USAGE\]/],
      [['web-1', '--batch', '0', '--', 'true'], /"--batch" flag.* \[KX_USAGE\]/],
      [['web-1', '--max-failures', '101%', '--', 'true'], /"--max-failures" flag.* \[KX_USAGE\]/],
      [['web-1', '--parallelism', '0', '--', 'true'], /"--parallelism" flag.* \[KX_USAGE\]/],
      [['web-1', '-o', 'yaml', '--', 'true'], /\[KX_USAGE\]/],
      [['web-1', '--script', '/no/such/file'], /cannot read the script.* \[KX_USAGE\]/],
      [['web-1', '--script', '/bin/true'], /a program, not a script \[KX_USAGE\]/],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await fleet.fanout(args);
      assert.deepEqual([code, stdout.length], [125, 0], `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /targets in/);
    }
  });

  test('fanout is another name of it, which the help shows', async () => {
    const { code, stdout } = await runKx(['fanout', '--help']);
    assert.equal(code, 0);
    assert.match(stdout.toString(), /^Aliases:\n {2}fanout\n/m);
    const dry = await runKx(['-n', 'other', 'fanout', 'elsewhere', '--dry-run'], { env: fleet.sandbox.env });
    assert.equal(dry.code, 0, dry.stderr);
  });
});
