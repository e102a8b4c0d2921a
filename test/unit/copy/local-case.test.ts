import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createCaseGuard } from '../../../src/lib/copy/local/case.ts';
import { temporary, writeAllTo } from './support/local.ts';
import { entry } from './support/trees.ts';

suite('names that differ only by case', () => {
  test('are two files where the file system tells them apart', { skip: process.platform !== 'linux' }, async (t) => {
    const names = ['README', 'readme', 'Readme'];
    const entries = [entry('', 'directory'), ...names.map((name) => entry(name, 'file'))];
    assert.deepEqual(await writeAllTo(temporary(t), entries), []);
  });

  test('are refused where it does not, whatever the form of Unicode', () => {
    const guard = createCaseGuard(() => true);
    const nfc = Buffer.from('caf\u00e9').toString('latin1');
    const nfd = Buffer.from('CAFE\u0301').toString('latin1');
    for (const path of ['dir/README', nfc]) guard.wrote(path, `/x/${path}`);
    for (const path of ['dir/readme', 'DIR/README', nfd]) {
      assert.throws(() => guard.check(path), { name: 'PathProblem', message: /was copied before/ }, path);
    }
    for (const path of ['dir/README', 'readme', nfc]) guard.check(path);
  });

  test('are remembered until a name tells what the file system does', () => {
    const answers = [undefined, true];
    const guard = createCaseGuard(() => answers.shift());
    guard.wrote('123', '/x/123');
    guard.wrote('\xc3\x84', '/x/\xc3\x84');
    guard.check('\xc3\x84');
    assert.throws(() => guard.check('\xc3\xa4'), { name: 'PathProblem' });
  });
});
