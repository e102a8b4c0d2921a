import assert from 'node:assert/strict';
import { collect } from '../../../src/lib/process/index.ts';
import { expectError, runAt, runScript, startAt } from '../drive.ts';
import type { Environment, Place } from '../environment.ts';
import type { Case } from '../suite.ts';

const codes: readonly Case[] = [0, 1, 37, 255].map((code) => ({
  name: `the exit code ${code} of the command passes through`,
  async run({ shell }) {
    const { status } = await runScript(shell, `exit ${code}`);
    assert.equal(status.code, code);
  },
}));

/** How the ways tell that a command could not be started: by a code of kx, or by the words of the runtime. */
async function expectNotStarted(place: Place, command: readonly string[], code: 'NOT_FOUND' | 'NOT_EXECUTABLE') {
  const error = await expectError(runAt(place, command), `KX_COMMAND_${code}`, 'KX_REMOTE');
  assert.match(error.message, /\S/);
  assert.equal(error.ran, 'no', 'nothing ran');
}

/** See real-cluster.md: what cannot be started is an error of kx, not an exit code of the command. */
export const endingCases: readonly Case[] = [
  ...codes,
  {
    name: 'a command killed by a signal ends with 128 and its number',
    async run({ shell }) {
      const { status } = await runScript(shell, 'kill -KILL $$');
      assert.equal(status.code, 137);
    },
  },
  {
    name: 'a command that does not exist is not found, and nothing ran',
    run: ({ shell }: Environment) => expectNotStarted(shell, ['/no/such/kx-program'], 'NOT_FOUND'),
  },
  {
    name: 'a name that is nowhere on the path is not found',
    run: ({ shell }: Environment) => expectNotStarted(shell, ['kx-no-such-program', 'x'], 'NOT_FOUND'),
  },
  {
    name: 'a directory is not executable',
    run: ({ shell }: Environment) => expectNotStarted(shell, ['/etc'], 'NOT_EXECUTABLE'),
  },
  {
    name: 'a text file without permission to execute is not executable',
    run: ({ shell }: Environment) => expectNotStarted(shell, ['/etc/passwd'], 'NOT_EXECUTABLE'),
  },
  {
    name: 'a container without a shell says that there is none',
    needs: ['no-shell'],
    async run({ noShell }) {
      const error = await expectError(
        runAt(noShell!, ['sh', '-c', 'true']),
        'KX_SHELL_MISSING',
        'KX_COMMAND_NOT_FOUND',
      );
      assert.equal(error.ran, 'no');
    },
  },
  {
    name: 'what the command wrote can still be read after its ending',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'head -c 100000 /dev/zero; echo end >&2; exit 9']);
      assert.equal((await remote.exit).code, 9);
      const { stdout, stderr } = await collect(remote);
      assert.deepEqual([stdout.length, stderr.toString()], [100_000, 'end\n']);
    },
  },
];
