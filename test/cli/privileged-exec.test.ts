import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { runKx } from '../support/program.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

let sandbox: SandboxProcess;
before(async () => {
  sandbox = await startSandboxProcess();
});

const usage = [
  { what: 'without a target', words: ['--', 'ls'], says: /pod, type\/name or node\/name must be specified/ },
  { what: 'without a command', words: ['one'], says: /at least one command/ },
  { what: 'with two targets', words: ['one', 'two', '--', 'ls'], says: /one target at a time/ },
  { what: 'of an unknown kind', words: ['thing/x', '--', 'ls'], says: /"thing" is not a kind/ },
  { what: 'with a bad name of a node', words: ['node/A_b', '--', 'ls'], says: /cannot be the name of a node/ },
  { what: 'with an unknown namespace', words: ['one', '--namespaces', 'net,x', '--', 'ls'], says: /no namespace "x"/ },
  { what: 'with a name as user', words: ['one', '--run-as', 'bob', '--', 'ls'], says: /not UID or UID:GID/ },
  { what: 'with a relative directory', words: ['one', '--workdir', 'a', '--', 'ls'], says: /must begin with \// },
  {
    what: 'with tools in the files of the target',
    words: ['one', '--tools', 'x', '--namespaces', 'mount', '--', 'ls'],
    says: /--tools and the mount namespace/,
  },
  { what: 'with a node as a container', words: ['node/a', '--as-container', '--', 'ls'], says: /needs a container/ },
  { what: 'with a bad label', words: ['one', '--helper-label', 'x', '--', 'ls'], says: /not of the form NAME=VALUE/ },
  { what: 'with a label of kx', words: ['one', '--helper-label', 'kx.dev/a=b', '--', 'ls'], says: /is for kx itself/ },
  { what: 'with --gc and a command', words: ['--gc', 'one', '--', 'ls'], says: /--gc takes no target/ },
];

suite('kx privileged-exec', { concurrency: 2 }, () => {
  for (const { what, words, says } of usage) {
    test(`is refused ${what}`, async () => {
      const { code, stderr } = await runKx(['pexec', ...words], { env: sandbox.env });
      assert.match(stderr, says);
      assert.match(stderr, /^error: [^\n]* \[KX_USAGE\]\n/);
      assert.equal(code, 125);
    });
  }

  test('says a server that takes no pods', async () => {
    const { code, stderr, stdout } = await runKx(['privileged-exec', 'one', '--', 'ls'], { env: sandbox.env });
    assert.equal(code, 125);
    assert.equal(stdout.length, 0);
    assert.match(stderr, /^error: [^\n]+ \[KX_\w+\]\n/);
  });

  test('--dry-run says whose namespaces, as whom, and by which pod', async () => {
    const words = ['pexec', 'one', '--dry-run', '--run-as', '5', '--helper-namespace', 'ops', '--', 'sh', '-c', 'a b'];
    const { code, stdout, stderr } = await runKx(words, { env: sandbox.env });
    assert.equal(code, 0, stderr);
    const text = stdout.toString();
    assert.match(text, /^place +\S+\/one\/\S+$/m);
    assert.match(text, /^user +5$/m);
    assert.match(text, /^command +sh -c 'a b'$/m);
    assert.match(text, /^helper pod +a new one in namespace ops, image docker.io\/library\/busybox:stable-musl$/m);
  });

  test('a pod that is not there is told before any helper', async () => {
    const { code, stderr } = await runKx(['pexec', 'nobody', '--', 'ls'], { env: sandbox.env });
    assert.equal(code, 125);
    assert.match(stderr, /pod "nobody" not found/);
  });

  test('--gc finds nothing', async () => {
    const { code, stderr } = await runKx(['pexec', '--gc'], { env: sandbox.env });
    assert.deepEqual([code, stderr], [0, 'there is no helper pod\n']);
  });
});
