import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { startFleet, type Fleet } from '../support/fleet.ts';

const usage: readonly { readonly words: readonly string[]; readonly says: RegExp }[] = [
  { words: ['--all-nodes', 'web-0'], says: /--all-nodes and web-0 exclude each other/ },
  { words: ['--all-nodes', '-l', 'app=web'], says: /--all-nodes and -l exclude each other/ },
  { words: ['--all-nodes', '--field-selector', 'a=b'], says: /--all-nodes and --field-selector exclude each other/ },
  { words: ['--all-nodes', '--node', 'node-1'], says: /--all-nodes and --node exclude each other/ },
  { words: ['--all-nodes', '-A'], says: /--all-nodes and -A exclude each other/ },
  { words: ['--all-nodes', '-n', 'a,b'], says: /--all-nodes and several namespaces exclude each other/ },
  { words: ['--nodes', 'a=b', '-c', 'main'], says: /--nodes and -c exclude each other/ },
  { words: ['--nodes', 'a=b', '--all-containers'], says: /--nodes and --all-containers exclude each other/ },
  { words: ['--all-nodes', '--nodes', 'a=b'], says: /--all-nodes and --nodes exclude each other/ },
  { words: ['node/node-1', '--all-nodes'], says: /--all-nodes and node\/NAME exclude each other/ },
  { words: ['node/node-1', 'web-0'], says: /node\/NAME and web-0 exclude each other/ },
  { words: ['node/A_b'], says: /cannot be the name of a node/ },
  { words: ['--nodes', ''], says: /--nodes needs a selector/ },
  { words: ['--all-nodes', '--no-wrap'], says: /--no-wrap cannot be had with --all-nodes/ },
  { words: ['--all-nodes', '--workdir', 'a'], says: /--workdir must begin with \// },
  { words: ['--all-nodes', '--helper-label', 'x'], says: /not of the form NAME=VALUE/ },
  { words: ['web-0', '--tools', 'x'], says: /--tools is for nodes/ },
];

suite('kx fanout-exec on nodes', { concurrency: 2 }, () => {
  let fleet: Fleet;
  before(async () => {
    fleet = await startFleet();
  });

  const nodes = async (...words: string[]): Promise<unknown[]> => {
    const { code, stdout, stderr } = await fleet.fanout([...words, '--dry-run', '-o', 'json']);
    assert.equal(code, 0, stderr);
    const lines = stdout.toString().trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { node: string }).node);
  };

  for (const { words, says } of usage) {
    test(`${words.join(' ')} is a usage error, and nothing runs`, async () => {
      const { code, stdout, stderr } = await fleet.fanout([...words, '--', 'true']);
      assert.match(stderr, says);
      assert.match(stderr, /^error: [^\n]* \[KX_USAGE\]\n/);
      assert.deepEqual([code, stdout.toString()], [125, '']);
    });
  }

  test('what only a container has is no word for a node', async () => {
    const { code, stderr } = await fleet.fanout(['--all-nodes', '--', 'echo', '{{pod}}', '{pod}']);
    assert.match(
      stderr,
      /^error: \{pod\} means nothing with --all-nodes: .* \[KX_USAGE\]\nhint: .*\{\{pod\}\} is \{pod\}/,
    );
    assert.equal(code, 125);
  });

  test('all of them, by name, or all but some', async () => {
    assert.deepEqual(await nodes('--all-nodes'), ['node-1', 'node-2']);
    assert.deepEqual(await nodes('--all-nodes', '--exclude', 'node-1'), ['node-2']);
    assert.deepEqual(await nodes('--all-nodes', '--exclude', '/2$/'), ['node-1']);
    assert.deepEqual(await nodes('node/node-2', 'no/node-1', 'node/node-2'), ['node-2', 'node-1']);
    assert.equal((await nodes('--all-nodes', '--pick', '1')).length, 1);
    const { stdout } = await fleet.fanout(['--all-nodes', '--dry-run']);
    assert.match(stdout.toString(), /^NODE +STATE\nnode-1 +\S.*\nnode-2 +\S.*\n$/);
  });

  test('one that is not there, and labels that no node has', async () => {
    const missing = await fleet.fanout(['node/node-1', 'node/node-9', '--', 'true']);
    assert.equal(missing.stderr, 'error: node "node-9" not found [KX_TARGET_NOT_FOUND]\n');
    const none = await fleet.fanout(['--nodes', 'no=label', '--', 'true']);
    assert.equal(none.stderr, 'error: no node fits the selection [KX_TARGET_NOT_FOUND]\n');
    assert.deepEqual([missing.code, none.code], [125, 125]);
  });

  test('a node whose helper pod is refused is named and counted', async () => {
    const { code, stderr } = await fleet.fanout(['--all-nodes', '--', 'true']);
    assert.match(stderr, /^2 targets in .*: 2 not reached\n {2}not reached, KX_\w+ \(2\): node-\[1-2\]\n/m);
    assert.equal(code, 125);
  });
});
