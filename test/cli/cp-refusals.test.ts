import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { startCopyBench, type CopyBench } from '../support/copies.ts';
import { assertRefused, type Refusal } from '../support/refusals.ts';

const refusals: readonly Refusal[] = [
  { what: 'without words', args: [], code: 'KX_USAGE', says: /^source and destination are required/ },
  { what: 'of one word', args: ['one:/etc'], code: 'KX_USAGE', says: /^source and destination are required/ },
  {
    what: 'between two local paths',
    args: ['here', 'there'],
    code: 'KX_USAGE',
    says: /^one of src or dest must be a remote file specification/,
    hints: /POD:PATH/,
  },
  { what: 'of an empty path', args: ['one:', 'x'], code: 'KX_USAGE', says: /^filepath can not be empty/ },
  { what: 'of an empty word', args: ['', 'one:/x'], code: 'KX_USAGE', says: /^filepath can not be empty/ },
  { what: 'without a pod', args: [':/x', 'x'], code: 'KX_USAGE', says: /^filespec must match/, hints: /-l/ },
  {
    what: 'of a file with a colon',
    args: ['My File:1', 'one:/x'],
    code: 'KX_USAGE',
    says: /"My File" cannot be the name of a pod/,
    hints: /\.\//,
  },
  { what: 'of stdin and more', args: ['-', 'here', 'one:/tmp'], code: 'KX_USAGE', says: /stdin/ },
  { what: 'of two files to stdout', args: ['one:/a', 'one:/b', '-'], code: 'KX_USAGE', says: /stdout/ },
  {
    what: 'of all pods without a workload',
    args: ['--all-pods', 'here', 'one:/tmp'],
    code: 'KX_USAGE',
    says: /--all-pods needs/,
  },
  { what: 'of nodes without a path', args: ['--all-nodes', 'here', 'one:/x'], code: 'KX_USAGE', says: /on them/ },
  { what: 'of nodes and pods', args: ['--all-nodes', '-l', 'a=b', 'here', ':/x'], code: 'KX_USAGE', says: /exclude/ },
  {
    what: 'of nodes and a container',
    args: ['--nodes', 'a', '-c', 'b', 'here', ':/x'],
    code: 'KX_USAGE',
    says: /exclude/,
  },
  { what: 'of no nodes', args: ['--nodes', '', 'here', ':/x'], code: 'KX_USAGE', says: /--nodes needs a selector/ },
  { what: 'with a bad name of a node', args: ['here', 'node/A_b:/x'], code: 'KX_USAGE', says: /name of a node/ },
  { what: 'of a selector that nothing uses', args: ['-l', 'a=b', 'here', 'one:/x'], code: 'KX_USAGE', says: /:PATH/ },
  {
    what: 'of many pods to many',
    args: ['--all-pods', 'deploy/a:/x', 'deploy/b:/x'],
    code: 'KX_USAGE',
    says: /many pods/,
  },
  {
    what: 'of many pods to a pod',
    args: ['--all-pods', 'deploy/a:/x', 'one:/x'],
    code: 'KX_USAGE',
    says: /local directory/,
  },
  {
    what: 'with two selections',
    args: ['--all-pods', '-l', 'a=b', 'here', ':/x'],
    code: 'KX_USAGE',
    says: /only one of them/,
  },
  { what: 'with an unknown flag', args: ['--no-such', 'here', 'one:/x'], code: 'KX_USAGE', says: /--no-such/ },
  { what: 'with bad retries', args: ['--retries', '-2', 'here', 'one:/x'], code: 'KX_USAGE', says: /-2.*--retries/ },
  { what: 'with a bad size', args: ['--max-size', '1x', 'one:/x', 'x'], code: 'KX_USAGE', says: /1x.*--max-size/ },
  { what: 'with a bad progress', args: ['--progress', 'bar', 'one:/x', 'x'], code: 'KX_USAGE', says: /progress/ },
  { what: 'with bad compression', args: ['--compress', 'xz', 'one:/x', 'x'], code: 'KX_USAGE', says: /compress/ },
  { what: 'with no pods at once', args: ['--parallelism', '0', 'one:/x', 'x'], code: 'KX_USAGE', says: /parallelism/ },
  {
    what: 'with patterns that are not there',
    args: ['--exclude-from', '/no/such', 'one:/x', 'x'],
    code: 'KX_USAGE',
    says: /\/no\/such/,
  },
  {
    what: 'of a missing local file',
    args: ['nope', 'one:/x'],
    code: 'KX_COPY_SOURCE',
    says: /^nope doesn't exist in local filesystem/,
  },
  {
    what: 'of a missing remote file',
    args: ['one:/nope', 'x'],
    code: 'KX_COPY_SOURCE',
    says: /^one:\/nope: no such file or directory/,
  },
  { what: 'of a pattern without a match', args: ['one:/nope/*', 'x'], code: 'KX_COPY_SOURCE', says: /one:\/nope\/\*/ },
  {
    what: 'to a missing directory in a pod',
    args: ['here', 'one:/nope/x'],
    code: 'KX_COPY_DESTINATION',
    says: /no directory one:\/nope/,
    hints: /mkdir -p \/nope/,
  },
  { what: 'of a missing pod', args: ['nosuch:/x', 'x'], code: 'KX_TARGET_NOT_FOUND', says: /"nosuch" not found/ },
  { what: 'to a missing pod', args: ['here', 'nosuch:/x'], code: 'KX_TARGET_NOT_FOUND', says: /"nosuch" not found/ },
  { what: 'of a missing workload', args: ['deploy/nosuch:/x', 'x'], code: 'KX_TARGET_NOT_FOUND', says: /nosuch/ },
  {
    what: 'in a missing container',
    args: ['-c', 'nosuch', 'one:/x', 'x'],
    code: 'KX_TARGET_NOT_FOUND',
    says: /container nosuch is not valid for pod one/,
  },
  {
    what: 'in a namespace that does not exist',
    args: ['nosuch/one:/x', 'x'],
    code: 'KX_TARGET_NOT_FOUND',
    says: /one.*nosuch/,
  },
  {
    what: 'without the right to exec',
    args: ['--context', 'sandbox-viewer', 'one:/etc/passwd', 'x'],
    code: 'KX_FORBIDDEN',
    says: /pods\/exec|exec/,
  },
  {
    what: 'of a directory into itself',
    args: ['one:/usr/share', 'one:/usr/./share/x'],
    code: 'KX_USAGE',
    says: /cannot copy one:\/usr\/share to itself, one:\/usr\/\.\/share\/x/,
  },
  { what: 'of a file to itself', args: ['one:/etc/passwd', 'one:/etc'], code: 'KX_USAGE', says: /to itself/ },
  {
    what: 'of a directory to stdout',
    args: ['one:/etc', '-'],
    code: 'KX_COPY_SOURCE',
    says: /is a directory/,
    hints: /tar/,
  },
  {
    what: 'of stdin into a directory',
    args: ['-', 'one:/tmp'],
    code: 'KX_COPY_DESTINATION',
    says: /stdin has no name/,
    hints: /name the file/,
  },
];

suite('what kx cp refuses is one line with a code, and nothing is done', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench();
  });

  for (const { what, args, ...refusal } of refusals) {
    test(`kx cp ${what} is an error`, async () => {
      const cwd = bench.fresh();
      writeFileSync(join(cwd, 'here'), 'here');
      const ended = await bench.cp(args, { cwd, env: { LC_ALL: 'C' } });
      assertRefused(ended, refusal);
      assert.deepEqual(readdirSync(cwd), ['here']);
    });
  }

  test('an image without a shell is an error where no helper container can stand in', async () => {
    const { code, stdout, stderr } = await bench.cp(['scratch:/x', 'x']);
    assert.deepEqual([code, stdout.toString()], [125, '']);
    const [before = '', error = '', hint = ''] = stderr.split('\n');
    assert.match(before, /^Adding the helper container .* to pod scratch: .* stays listed/);
    assert.match(error, /^error: .*scratch has no sh.*ephemeral containers.* \[KX_SHELL_MISSING\]$/);
    assert.match(hint, /image that has sh.*volume/);
  });

  test('a destination that is a directory is not replaced by a file', async () => {
    const cwd = bench.fresh();
    mkdirSync(join(cwd, 'to/passwd'), { recursive: true });
    const { code, stderr } = await bench.cp(['one:/etc/passwd', 'to'], { cwd });
    assert.equal(code, 125);
    assert.match(stderr, /to\/passwd.*directory/);
  });

  test('a destination that cannot be written is an error', { skip: process.getuid?.() === 0 }, async () => {
    const { code, stderr } = await bench.cp(['one:/etc/passwd', '/kx-not-allowed']);
    assert.equal(code, 125);
    assert.match(stderr, /^error: .*\/kx-not-allowed.* \[KX_COPY_DESTINATION\]\n/);
  });
});
