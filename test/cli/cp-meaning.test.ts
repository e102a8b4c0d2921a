import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { before, suite, test } from 'node:test';
import { startCopyBench, type CopyBench } from '../support/copies.ts';
import { run } from '../support/program.ts';

/** What is there before each copy; ROOT/src is copied from, ROOT/to to. */
const prepare =
  'mkdir -p src/d/sub to/dir/d; printf f >src/f; printf g >src/d/g; printf h >src/d/sub/h; printf k >to/dir/kept; printf old >to/old';
const list =
  'cd to && find . -mindepth 1 | LC_ALL=C sort | while read -r f; do if [ -d "$f" ]; then printf "%s/ " "$f"; else printf "%s=%s " "$f" "$(cat "$f")"; fi; done';
const nothing = './dir/ ./dir/d/ ./dir/kept=k ./old=old';

interface Case {
  readonly what: string;
  readonly sources: readonly string[];
  readonly to: string;
  /** What is there besides what was there before; or the code of the error. */
  readonly becomes: string;
  /** kubectl does the same up, down. */
  readonly kubectl: readonly [up: boolean, down: boolean];
}

const d = (name: string): string => `./${name}/ ./${name}/g=g ./${name}/sub/ ./${name}/sub/h=h`;
const both = [true, true] as const;
const neither = [false, false] as const;

const cases: readonly Case[] = [
  { what: 'a file to a free name', sources: ['f'], to: 'x', becomes: './x=f', kubectl: both },
  { what: 'a file over a file', sources: ['f'], to: 'old', becomes: './old=f', kubectl: both },
  { what: 'a file into a directory', sources: ['f'], to: 'dir', becomes: './dir/f=f', kubectl: [true, false] },
  { what: 'a file into a directory with /', sources: ['f'], to: 'dir/', becomes: './dir/f=f', kubectl: [true, false] },
  { what: 'a file to a free name with /', sources: ['f'], to: 'x/', becomes: './x/ ./x/f=f', kubectl: neither },
  { what: 'a file to a file with /', sources: ['f'], to: 'old/', becomes: 'KX_COPY_DESTINATION', kubectl: neither },
  { what: 'a directory to a free name', sources: ['d'], to: 'x', becomes: d('x'), kubectl: both },
  { what: 'a directory to a free name with /', sources: ['d'], to: 'x/', becomes: d('x'), kubectl: both },
  { what: 'a directory into a directory', sources: ['d'], to: 'dir', becomes: d('dir/d'), kubectl: [true, false] },
  {
    what: 'a directory with / into a directory',
    sources: ['d/'],
    to: 'dir',
    becomes: d('dir/d'),
    kubectl: [true, false],
  },
  { what: 'a directory over a file', sources: ['d'], to: 'old', becomes: 'KX_COPY_DESTINATION', kubectl: neither },
  {
    what: 'contents into a directory',
    sources: ['d/.'],
    to: 'dir',
    becomes: './dir/g=g ./dir/sub/ ./dir/sub/h=h',
    kubectl: both,
  },
  { what: 'contents to a free name', sources: ['d/.'], to: 'x', becomes: d('x'), kubectl: both },
  {
    what: 'several into a directory',
    sources: ['f', 'd/sub'],
    to: 'dir',
    becomes: './dir/f=f ./dir/sub/ ./dir/sub/h=h',
    kubectl: neither,
  },
  {
    what: 'several to a free name with /',
    sources: ['f', 'd/g'],
    to: 'x/',
    becomes: './x/ ./x/f=f ./x/g=g',
    kubectl: neither,
  },
  { what: 'several to a free name', sources: ['f', 'd'], to: 'x', becomes: 'KX_COPY_DESTINATION', kubectl: neither },
  { what: 'several to a file', sources: ['f', 'd'], to: 'old', becomes: 'KX_COPY_DESTINATION', kubectl: neither },
  { what: 'two of one name', sources: ['f', 'f'], to: 'dir', becomes: 'KX_USAGE', kubectl: neither },
  { what: 'what is missing', sources: ['nope'], to: 'x', becomes: 'KX_COPY_SOURCE', kubectl: neither },
  {
    what: 'what is missing, beside what is there',
    sources: ['f', 'nope'],
    to: 'dir',
    becomes: 'KX_COPY_SOURCE',
    kubectl: neither,
  },
  { what: 'a file with a slash', sources: ['f/'], to: 'x', becomes: 'KX_COPY_SOURCE', kubectl: neither },
];

/** What is there afterwards: a word that names what was there before takes its place. */
function expected(becomes: string): string {
  const words = new Map([...nothing.split(' '), ...becomes.split(' ')].map((word) => [word.replace(/=.*/, ''), word]));
  return [...words.values()].join(' ');
}

/** The reference client need not be there. */
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

suite('source and destination of kx cp mean what they mean to cp -r', () => {
  let bench: CopyBench;
  before(async () => {
    bench = await startCopyBench();
  });
  const here = (root: string, script: string): string => execFileSync('sh', ['-c', script], { cwd: root }).toString();
  const sorted = (text: string): string => text.trim().split(' ').sort().join(' ');

  for (const { what, sources, to, becomes, kubectl } of cases) {
    for (const direction of ['up', 'down'] as const) {
      const result = becomes.startsWith('KX_') ? `is ${becomes}` : `gives ${becomes}`;
      test(`${direction}: ${what} ${result}`, async () => {
        const root = bench.fresh();
        const attempt = async (tool: 'kx' | 'kubectl') => {
          here(root, `rm -rf src to; ${prepare}`);
          await bench.inPod('one', `rm -rf /t; mkdir /t; cd /t; ${prepare}`);
          const [from, into] = direction === 'up' ? ['src', 'one:/t/to'] : ['one:/t/src', 'to'];
          const args = [...sources.map((source) => `${from}/${source}`), `${into}/${to}`];
          const options = { cwd: root, env: bench.sandbox.env };
          const ended = tool === 'kx' ? await bench.cp(args, options) : await run('kubectl', ['cp', ...args], options);
          const is = direction === 'up' ? await bench.inPod('one', `cd /t; ${list}`) : here(root, list);
          return { ended, is: sorted(is) };
        };
        const { ended, is } = await attempt('kx');
        if (becomes.startsWith('KX_')) {
          assert.equal(ended.code, 125, ended.stderr);
          assert.match(ended.stderr, new RegExp(`^error: .* \\[${becomes}\\]\n(hint: .*\n)?$`));
          assert.equal(is, sorted(nothing), 'nothing was written');
          return;
        }
        assert.deepEqual([ended.code, ended.stdout.toString(), ended.stderr], [0, '', '']);
        assert.equal(is, sorted(expected(becomes)));
        if (hasKubectl && kubectl[direction === 'up' ? 0 : 1])
          assert.equal((await attempt('kubectl')).is, is, 'as kubectl cp');
      });
    }
  }

  test('down: parents that are missing are made; up: they are an error', async () => {
    const root = bench.fresh();
    here(root, prepare);
    await bench.copies('one:/etc/passwd', `${root}/a/b/c`);
    assert.equal(here(root, 'ls a/b'), 'c\n');
    const { code, stderr } = await bench.cp([`${root}/src/f`, 'one:/no/such/x']);
    assert.equal(code, 125);
    assert.match(stderr, /^error: .*\/no\/such.* \[KX_COPY_DESTINATION\]\nhint: .*mkdir -p/);
  });

  test('from pod to pod', async () => {
    await bench.inPod('one', `rm -rf /t; mkdir /t; cd /t; ${prepare}`);
    const { code, stderr } = await bench.cp(['one:/t/src/d', 'old:/tmp/p2p']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(await bench.inPod('old', 'cd /tmp/p2p; cat g sub/h'), 'gh');
    await bench.copies('default/one:/t/src/f', 'pod/old:/tmp/p2p');
    assert.equal(await bench.inPod('old', 'cat /tmp/p2p/f'), 'f');
  });
});
