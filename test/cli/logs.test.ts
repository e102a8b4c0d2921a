import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { kxBinary, run, runKx, startKx, type Ended } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

const cluster = readFileSync(resolve(import.meta.dirname, '../support/logs.yaml'), 'utf8');

suite('kx logs', () => {
  let sandbox: SandboxProcess;
  before(async () => {
    sandbox = await startSandboxProcess(cluster);
    await eventually('the short pods have ended', async () => {
      const [short, two, json] = await Promise.all(
        ['short', 'two', 'json'].map((pod) => logs(pod, '--all-containers')),
      );
      return (
        [short, two, json]
          .map((each) => String(each?.stdout))
          .join('')
          .match(/four.*b2.*bytes/s) !== null
      );
    });
  });
  const logs = (...args: string[]): Promise<Ended> => runKx(['logs', ...args], { env: sandbox.env });
  const textOf = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await logs(...args);
    assert.equal(code, 0, stderr);
    return stdout.toString('latin1');
  };
  const refused = async (name: string, says: RegExp, ...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await logs(...args);
    assert.match(stderr, new RegExp(`^error: .* \\[${name}\\]$`, 'm'));
    assert.match(stderr, says);
    assert.deepEqual([code, stdout.toString()], [125, '']);
  };

  test('passes the bytes of a log as they are', async () => {
    assert.equal(await textOf('short'), 'one\ntwo\nthree\nfour');
    assert.equal(await textOf('pod/short', '-c', 'main'), 'one\ntwo\nthree\nfour');
    assert.equal(await textOf('two', 'b'), 'b1\nb2\n');
    assert.equal(await textOf('json', '-o', 'raw', '--tail=1'), 'bytes \xff\xfe\n');
  });

  test('takes the parts that kubectl takes, and a few more', async () => {
    assert.equal(await textOf('short', '--tail=2'), 'three\nfour');
    assert.equal(await textOf('short', '--tail', '0'), '');
    assert.equal(await textOf('short', '--head=2'), 'one\ntwo\n');
    assert.equal(await textOf('short', '--limit-bytes=6'), 'one\ntw');
    assert.equal(await textOf('short', '--limit-bytes=6', '-f'), 'one\ntw');
    assert.equal(await textOf('short', '--since=1h', '--limit-bytes=4'), 'one\n');
    assert.equal(await textOf('short', '--until', '2001-01-01T00:00:00Z'), '');
    assert.match(
      await textOf('short', '--timestamps', '--head', '1'),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z one\n$/,
    );
    assert.equal(await textOf('short', '--include', 'o', '--exclude', 'tw'), 'one\nfour');
  });

  test('follows a container that has ended to its end, with 0', async () => {
    assert.equal(await textOf('-f', 'short'), 'one\ntwo\nthree\nfour');
    assert.equal(await textOf('-f', 'short', '--tail=1', '--prefix'), '[pod/short/main] four');
  });

  test('puts several logs in the order of time', async () => {
    for (const words of [
      ['two', '--all-containers'],
      ['-l', 'app=two', '-c', '/./', '--tail=-1'],
    ]) {
      const lines = (await textOf(...words, '--timestamps', '-o', 'raw')).trimEnd().split('\n');
      assert.deepEqual(lines, lines.toSorted());
      assert.deepEqual(lines.map((text) => text.slice(31)).sort(), ['a1', 'a2', 'b1', 'b2']);
    }
    assert.match(
      await textOf('-l', 'app=two', '--prefix', '--all-containers', '--tail=1'),
      /^(\[pod\/two\/(a|b)\] \2\d\n){2}$/,
    );
  });

  test('shows ten lines of each log where pods are selected', async () => {
    const lines = (await textOf('-l', 'app=counter')).split('\n');
    assert.equal(lines.length, 11);
    assert.equal((await textOf('-l', 'app=counter', '--tail=13')).split('\n').length, 14);
  });

  test('selects by namespaces, patterns, nodes and states', async () => {
    assert.match(await textOf('-A', '/web/'), /^(other web-\S+ main up\n){3}$/);
    assert.equal(
      await textOf('-n', 'default,other', '/^(short|web)/', '--exclude-pod', '/web/', '--tail=1'),
      'default short main four',
    );
    assert.equal(await textOf('--node', 'node-2', '--tail=1', '--include', 'byt'), 'json main bytes \xff\xfe\n');
    assert.equal(await textOf('/two/', '-c', '/./', '--exclude-container', 'a', '--tail=1'), 'two b b2\n');
    assert.equal(await textOf('/two/', '--container-state', 'running'), '');
    assert.match(await textOf('-n', 'other', 'deploy/web', '--all-pods'), /^(\[pod\/web-\S+\/main\] up\n){3}$/);
  });

  test('one pod of an object is shown, and which one is said', async () => {
    const { stdout, stderr } = await logs('-n', 'other', 'deploy/web');
    assert.equal(stdout.toString(), 'up\n');
    assert.match(stderr, /^Found 3 pods, using pod\/web-\S+$/m);
    assert.equal((await logs('-n', 'other', 'deploy/web', '-q')).stderr, '');
  });

  test('has the default container of a pod said', async () => {
    const { stdout, stderr } = await logs('two');
    assert.equal(stdout.toString(), 'a1\na2\n');
    assert.equal(stderr, 'Defaulted container "a" out of: a, b\n');
    assert.equal((await logs('two', '-q')).stderr, '');
  });

  test('JSON has all of a line', async () => {
    const [first, , third] = (await textOf('json', '-o', 'json'))
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    assert.deepEqual(
      { ...first, time: '' },
      {
        time: '',
        namespace: 'default',
        pod: 'json',
        container: 'main',
        message: '{"level":"error","msg":"failed","n":1}',
      },
    );
    assert.equal(third?.['messageBase64'], Buffer.from('bytes \xff\xfe', 'latin1').toString('base64'));
  });

  test('a template shows what it is told to', async () => {
    assert.equal(await textOf('short', '--head=1', '--template', '{pod}: {message}'), 'short: one\n');
    const file = join(sandbox.folder, 'template');
    writeFileSync(file, '{message}|');
    assert.equal(await textOf('short', '--head=2', '--template-file', file), 'one|\ntwo|\n');
  });

  test('colours are painted where they are asked for', async () => {
    assert.match(await textOf('short', '--head=1', '--highlight', 'n', '--color', 'always'), /\x1b\[/);
    assert.equal(await textOf('short', '--head=1', '--highlight', 'n'), 'one\n');
    assert.match(await textOf('json', '--pretty', '--head=1'), /error.*failed/i);
  });

  test('an expression that backtracks badly elsewhere takes no time', async () => {
    assert.equal(await textOf('counter', '--head', '100', '--include', '(a+)+$'), '');
  });

  test('words that mean nothing are refused in the words of kubectl', async () => {
    await refused('KX_USAGE', /POD or TYPE\/NAME is a required argument/);
    await refused('KX_USAGE', /only a selector \(-l\) or a POD name is allowed/, '-l', 'a=b', 'short');
    await refused(
      'KX_USAGE',
      /only one of -c or an inline \[CONTAINER\] arg is allowed/,
      'short',
      'main',
      '-c',
      'main',
    );
    await refused(
      'KX_USAGE',
      /--all-containers=true should not be specified with container name a/,
      'two',
      'a',
      '--all-containers',
    );
    await refused(
      'KX_USAGE',
      /at most one of `sinceTime` or `sinceSeconds`/,
      'short',
      '--since=1s',
      '--since-time=2020-01-01T00:00:00Z',
    );
    await refused('KX_USAGE', /--tail must be greater than or equal to -1/, 'short', '--tail=-2');
    await refused('KX_USAGE', /--limit-bytes must be greater than 0/, 'short', '--limit-bytes=-2');
    await refused('KX_USAGE', /--since must be greater than 0/, 'short', '--since=-2s');
    await refused('KX_USAGE', /missing unit in duration "2"/, 'short', '--since=2');
    await refused('KX_USAGE', /parsing time "today"/, 'short', '--since-time=today');
    await refused('KX_USAGE', /neither a time .* nor a duration/, 'short', '--until=today');
    await refused('KX_USAGE', /--head and --tail/, 'short', '--head=1', '--tail=1');
    await refused('KX_USAGE', /--include/, 'short', '--include', '(');
    await refused('KX_USAGE', /container/, '/short/', '-c', '/(/');
    await refused('KX_USAGE', /timezone/, 'short', '--timezone', 'Mars/Olympus', '--timestamps');
  });

  test('what is not there is said as kx exec says it', async () => {
    await refused(
      'KX_TARGET_NOT_FOUND',
      /pod "shirt" not found in namespace "default"[^]*did you mean short\?/,
      'shirt',
    );
    await refused('KX_TARGET_NOT_FOUND', /deployment "nope" not found/, 'deploy/nope');
    await refused('KX_TARGET_NOT_FOUND', /pod "nope" not found/, '-f', 'nope');
    const none = await logs('-l', 'app=none');
    assert.deepEqual([none.code, none.stderr], [0, 'No resources found in default namespace.\n']);
  });

  test('without the right the missing verb is named; get on pods/log is enough for one container', async () => {
    await refused('KX_FORBIDDEN', /"get" on "pods\/log"/, '--context', 'sandbox-nobody', 'short');
    assert.equal(await textOf('--context', 'sandbox-reader', 'short', '--tail=1'), 'four');
    await refused('KX_TARGET_AMBIGUOUS', /name one with -c/, '--context', 'sandbox-reader', 'two');
    await refused('KX_FORBIDDEN', /"list" on "pods"/, '--context', 'sandbox-reader', '-l', 'app=two');
  });

  test('more logs than may be open at once are refused, where they are followed', async () => {
    const says = /attempting to follow 3 log streams, but maximum allowed concurrency is 2, use --max-log-requests/;
    await refused('KX_USAGE', says, '-f', '-n', 'other', '-l', 'app=web', '--max-log-requests', '2');
    assert.match(await textOf('-n', 'other', '-l', 'app=web', '--max-log-requests', '2'), /^(up\n){3}$/);
  });

  test('a reader that has enough ends it at once and quietly', async () => {
    const line = `'${kxBinary()}' logs -f counter | head -n 3; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', line], { env: sandbox.env });
    // On a slow machine the first lines are rotated away by now.
    assert.match(stdout.toString(), /^(\d+ of .*\n){3}(141|0)\n$/);
    assert.equal(stderr, '');
  });

  test('a reader that has enough ends a log that says nothing more', async () => {
    const line = `'${kxBinary()}' logs -q -n other -f deploy/web | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await run('bash', ['-c', line], { env: sandbox.env });
    assert.deepEqual([stdout.toString(), stderr], ['up\n141\n', '']);
  });

  test('Ctrl-C ends it quietly with 130', async () => {
    const running = startKx(['logs', '-f', 'counter'], { env: sandbox.env });
    await running.sees(/3 of the lines/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.deepEqual([code, stderr], [130, '']);
  });

  test('goes on waiting when all selected pods have ended, and says so', async () => {
    const running = startKx(['logs', '-f', '-l', 'app=words', '--tail=1'], { env: sandbox.env });
    await running.sees(/all logs have ended: waiting for pods that appear/);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
  });

  test('follows restarts, and says so unless it is quiet', async () => {
    const running = startKx(['logs', '-f', 'crash'], { env: sandbox.env });
    await running.sees(/last\nrun line 1\n/);
    running.child.kill('SIGINT');
    const { stdout, stderr } = await running.ended;
    assert.match(
      stdout.toString(),
      /^(run line 1\nrun line 2\nrun line 3\nrun line 4\nrun line 5\nlast\n)+(run line|$)/,
    );
    assert.match(stderr, /default\/crash: started again \(restart \d\)/);
    const quiet = startKx(['logs', '-f', '-q', 'crash'], { env: sandbox.env });
    await quiet.sees(/last\nrun line 1\n/);
    quiet.child.kill('SIGINT');
    assert.equal((await quiet.ended).stderr, '');
  });
});
