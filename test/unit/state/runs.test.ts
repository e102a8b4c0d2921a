import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { openRuns } from '../../../src/lib/state/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'kx-state-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const fresh = (): string => mkdtempSync(join(folder, 'home-'));

suite('what a run leaves for the next', () => {
  test('is what it noted, until it is done, for these words alone', () => {
    const home = fresh();
    const runs = openRuns('cp', { XDG_STATE_HOME: home });
    assert.equal(runs.recall(['a', 'b']), undefined);
    runs.begin(['a', 'b'], { wasAbsent: true });
    assert.deepEqual(runs.recall(['a', 'b'])?.notes, { wasAbsent: true });
    assert.equal(runs.recall(['ab']), undefined);
    runs.done(['a', 'b']);
    assert.equal(runs.recall(['a', 'b']), undefined);
    assert.deepEqual(readdirSync(join(home, 'kx/cp')), []);
  });

  test('is of its user alone, and tells nothing of the words', () => {
    const home = fresh();
    openRuns('cp', { XDG_STATE_HOME: home }).begin(['secret'], {});
    const [name = ''] = readdirSync(join(home, 'kx/cp'));
    const file = join(home, 'kx/cp', name);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(!`${name}${readFileSync(file, 'utf8')}`.includes('secret'));
  });

  test('tells whether its process may be there still', () => {
    const runs = openRuns('cp', { XDG_STATE_HOME: fresh() });
    const [of, mine] = [['a'], ['b']];
    runs.begin(mine, {});
    assert.equal(runs.recall(mine)?.mayRun, false, 'this process has no other copy of the same words');
    const module = join(import.meta.dirname, '../../../src/lib/state/index.ts');
    const home = fresh();
    const script = `import { openRuns } from ${JSON.stringify(module)}; openRuns('cp', process.env).begin(['a'], {});`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, XDG_STATE_HOME: home },
    });
    assert.equal(status, 0, stderr.toString());
    const others = openRuns('cp', { XDG_STATE_HOME: home });
    assert.equal(others.recall(of)?.mayRun, false);
    const [name = ''] = readdirSync(join(home, 'kx/cp'));
    const file = join(home, 'kx/cp', name);
    const memory = JSON.parse(readFileSync(file, 'utf8')) as { notes: object; owner: { host: string; pid: number } };
    for (const owner of [{ ...memory.owner, host: 'elsewhere' }, undefined]) {
      writeFileSync(file, JSON.stringify({ ...memory, owner }));
      assert.equal(others.recall(of)?.mayRun, true, JSON.stringify(owner));
    }
    // The number of a process that is another one by now.
    writeFileSync(file, JSON.stringify({ ...memory, owner: { ...memory.owner, pid: process.ppid } }));
    assert.equal(others.recall(of)?.mayRun, process.platform !== 'linux');
  });

  test('is nothing where it cannot be written or read, and no error', () => {
    const home = fresh();
    writeFileSync(join(home, 'kx'), 'a file');
    const runs = openRuns('cp', { XDG_STATE_HOME: home });
    runs.begin(['a'], {});
    assert.equal(runs.recall(['a']), undefined);
    runs.done(['a']);
    runs.prune();
  });

  test('is forgotten after a month', () => {
    const home = fresh();
    const runs = openRuns('cp', { XDG_STATE_HOME: home });
    runs.begin(['old'], {});
    const [name = ''] = readdirSync(join(home, 'kx/cp'));
    utimesSync(join(home, 'kx/cp', name), 1e9, 1e9);
    runs.begin(['new'], {});
    runs.prune();
    assert.equal(runs.recall(['old']), undefined);
    assert.notEqual(runs.recall(['new']), undefined);
  });
});
