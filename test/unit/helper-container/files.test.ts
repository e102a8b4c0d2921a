import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { locatePath } from '../../../src/lib/helper-container/index.ts';
import { findRoot } from '../../../src/lib/helper-container/root.ts';
import { localTransport } from '../../support/local-transport.ts';

const { signal } = new AbortController();
const target = { namespace: 'shop', pod: 'web', container: 'app', uid: 'u' };

// Named as a folder of /proc is: `cwd` beside `root`.
const folder = await realpath(await mkdtemp(join(tmpdir(), 'kx-helper-')));
after(() => rm(folder, { recursive: true, force: true }));
const root = join(folder, 'root');
await mkdir(join(root, 'run/lock'), { recursive: true });
await mkdir(join(root, 'var'));
const links = {
  'var/run': '/run',
  'var/up': '../../../../run',
  'var/chain': 'run/lock/..',
  'var/end\n': '/run',
  'var/blån k': 'run',
  'var/loop': 'loop',
  'var/dangling': '/none/such',
  '../cwd': '/var',
};
for (const [name, text] of Object.entries(links)) await symlink(text, join(root, name));

suite('the files of a target', () => {
  const cases = [
    ['that is nowhere to be found', 'f'.repeat(64), /its process cannot be found/],
    [
      'that the helper may not look into, or that is the helper itself',
      undefined,
      /closed to the helper|does not let it share/,
    ],
  ] as const;
  for (const [what, id, because] of cases) {
    test(`${what} are a clear error`, async () => {
      const error: unknown = await findRoot(localTransport(), target, target, id, signal).catch(
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof KxError, String(error));
      assert.equal(error.code, 'KX_SHELL_MISSING');
      assert.match(error.message, because);
    });
  }

  test('cannot be had by a helper without sh', async () => {
    const transport = localTransport({ path: '/nowhere' });
    await assert.rejects(findRoot(transport, target, target, undefined, signal), { code: 'KX_SHELL_MISSING' });
  });
});

suite('a path of the target', () => {
  const cases: readonly (readonly [what: string, path: string, found: string])[] = [
    ['without links stays', '/run/lock', '/run/lock'],
    ['is followed through an absolute link to the files of the target', '/var/run/lock', '/run/lock'],
    ['that leads above the root stays in it', '/var/up/lock', '/run/lock'],
    ['that has dots above the root stays in it', '/../../run/./lock/', '/run/lock'],
    ['is followed through a chain of links', '/var/chain', '/run'],
    ['may have a newline at its end', '/var/end\n', '/run'],
    ['may have letters of any alphabet', '/var/blån k/lock', '/run/lock'],
    ['need not exist', '/var/new/file*', '/var/new/file*'],
    ['that leads to nothing is what it leads to', '/var/dangling', '/none/such'],
    ['that is relative begins at the working directory', 'run/lock', '/run/lock'],
    ['that is the root is the root', '/', ''],
  ];
  for (const [what, path, found] of cases) {
    test(what, async () => {
      const bytes = Buffer.from(path, 'utf8').toString('latin1');
      const located = await locatePath(localTransport(), { target, root }, bytes, signal);
      assert.equal(Buffer.from(located, 'latin1').toString('utf8'), root + found);
    });
  }

  test('that goes round in circles is a clear error', async () => {
    await assert.rejects(locatePath(localTransport(), { target, root }, '/var/loop', signal), {
      code: 'KX_COPY_SOURCE',
      message: 'cannot follow /var/loop in the container: too many levels of symbolic links',
    });
  });
});
