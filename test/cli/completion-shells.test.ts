import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { kxBinary, run, runKx } from '../support/program.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts';

/** How a shell without the files of any user is started, and learns to complete a program. */
const shells = {
  bash: { words: ['--noprofile', '--norc', '-i'], learn: (script: string) => `source <(${script} bash)`, first: '' },
  zsh: {
    words: ['-f', '-i'],
    learn: (script: string) => `source <(${script} zsh)`,
    first: 'autoload -Uz compinit && compinit -u -D',
  },
  fish: { words: ['--no-config', '-i'], learn: (script: string) => `${script} fish | source`, first: '' },
} as const;

/** A line up to the TAB, and what must stand there behind it, with a mark where the cursor is. */
const completions: readonly (readonly [what: string, typed: string, becomes: string])[] = [
  ['a command, with a space behind it', 'exe', 'exec @'],
  ['an alias', 'fanout --parallelis', 'fanout --parallelism @'],
  ['a pod', 'exec tw', 'exec two @'],
  ['a container', 'exec two -c b', 'exec two -c b @'],
  ['a value behind an equals sign', 'exec --context=sandbox-v', 'exec --context=sandbox-viewer @'],
  ['a kind, with no space behind it', 'exec deplo', 'exec deployment/@'],
  ['an object of a kind', 'exec deploy/w', 'exec deploy/web @'],
  ['a namespace', 'exec -n kube-sy', 'exec -n kube-system @'],
  ['a directory in a pod', 'cp one:/srv/de', 'cp one:/srv/deep/@'],
  ['a path of this machine', 'cp ./here-i', 'cp ./here-is-a-file @'],
  ['a file for a flag', 'exec one --record here-i', 'exec one --record here-is-a-file @'],
];

const bashCompletion = '/usr/share/bash-completion/bash_completion';

const cluster = `
{ apiVersion: v1, kind: Node, metadata: { name: node-1 } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: one }, spec: { containers: [{ name: main }] } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: two }, spec: { containers: [{ name: a }, { name: b }] } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { replicas: 1, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: main }] } } }
---
{ apiVersion: kx.dev/v1, kind: SandboxUser, metadata: { name: viewer }, spec: { rules: [] } }
`;

for (const [shell, { words, learn, first }] of Object.entries(shells)) {
  suite(`${shell} completes`, { skip: isThere(shell) ? false : `there is no ${shell}` }, () => {
    let sandbox: SandboxProcess;
    let folder: string;
    let pty: Pty;
    before(async () => {
      sandbox = await startSandboxProcess(cluster);
      folder = join(sandbox.folder, 'home');
      mkdirSync(folder);
      writeFileSync(join(folder, 'here-is-a-file'), '');
      symlinkSync(kxBinary(), join(sandbox.folder, 'kubectl-kx'));
      symlinkSync('kubectl-kx', join(sandbox.folder, 'kubectl_complete-kx'));
      const made = await runKx(['exec', 'one', '--', 'mkdir', '-p', '/srv/deep'], sandbox);
      assert.equal(made.code, 0, made.stderr);
    });

    const open = async (script: string): Promise<void> => {
      pty = await openPty([shell, ...words], {
        columns: 200,
        timeout: 20_000,
        env: {
          ...sandbox.env,
          ...{ HOME: folder, ZDOTDIR: folder, XDG_CONFIG_HOME: undefined, XDG_DATA_HOME: undefined, TERM: 'xterm' },
          PATH: `${sandbox.folder}:${process.env['PATH'] ?? ''}`,
        },
      });
      for (const line of [`cd ${folder}`, first, learn(script)]) pty.write(`${line}\r`);
      // Two halves, so that the line that is typed is not taken for its output.
      pty.write('echo rea""dy\r');
      await pty.sees(/ready/);
    };

    /** The line is not run but shown, with a mark where the cursor was. */
    const becomes = async (typed: string, wanted: string): Promise<void> => {
      // Two halves again.
      pty.write(`${typed}\t@'\x01echo A'T: \r`);
      const [, shown] = await pty.sees(/AT: ([^\r\n]*)/);
      assert.equal(shown, wanted);
    };

    suite('kubectl-kx by the script of kx:', () => {
      before(() => open('kubectl-kx completion'));
      for (const [what, typed, wanted] of completions) {
        test(what, () => becomes(`kubectl-kx ${typed}`, `kubectl-kx ${wanted}`));
      }
    });

    suite('kubectl kx by its own script:', { skip: skipKubectl(shell) }, () => {
      before(async () => {
        await open('kubectl completion');
        if (shell === 'bash') {
          pty.write(`source ${bashCompletion}; echo rea""dy\r`);
          await pty.sees(/ready/);
        }
      });
      for (const [what, typed, wanted] of completions) {
        test(what, () => becomes(`kubectl kx ${typed}`, `kubectl kx ${wanted}`));
      }
    });
  });
}

test('the scripts of shells that are not here have the form that these shells read', async () => {
  const { stdout } = await run(kxBinary(), ['completion', 'powershell']);
  const text = stdout.toString();
  for (const [opens, closes] of ['{}', '()', '[]']) {
    const count = (sign: string | undefined) => text.split(sign ?? '').length;
    // The one pattern of characters that need quotes has a pair of each.
    assert.equal(count(opens), count(closes), `${opens ?? ''} and ${closes ?? ''}`);
  }
  assert.match(text, /^Register-ArgumentCompleter -Native /m);
});

/** kubectl's script for bash calls functions of this package. */
function skipKubectl(shell: string): string | false {
  if (!isThere('kubectl')) return 'there is no kubectl';
  return shell === 'bash' && !existsSync(bashCompletion) ? 'there is no package bash-completion' : false;
}

function isThere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}
