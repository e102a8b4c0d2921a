import assert from 'node:assert/strict';
import { collect } from '../../../src/lib/process/index.ts';
import { eventually } from '../../support/eventually.ts';
import { countSleepers, uniqueSleep } from '../../support/remote-processes.ts';
import { readUntil, runAt, runScript, startAt } from '../drive.ts';
import type { Place } from '../environment.ts';
import type { Case } from '../suite.ts';
import { KxError } from '../../../src/lib/errors/index.ts';

/** Starting, leaving and ending a command; what goes along with it. */
export const controlCases: readonly Case[] = [
  {
    name: 'an abort before the call starts nothing',
    async run({ shell }) {
      const starting = startAt(shell, ['true'], { signal: AbortSignal.abort() });
      await assert.rejects(starting, (error) => !(error instanceof KxError) || error.ran === 'no');
    },
  },
  {
    name: 'an abort during the connection rejects the call',
    async run({ shell }) {
      const controller = new AbortController();
      const starting = startAt(shell, ['true'], { signal: controller.signal });
      controller.abort();
      await assert.rejects(starting);
    },
  },
  {
    name: 'an abort after the start changes nothing',
    async run({ shell }) {
      const controller = new AbortController();
      const remote = await startAt(shell, ['sh', '-c', 'sleep 0.3; exit 12'], { signal: controller.signal });
      controller.abort();
      assert.equal((await collect(remote)).status.code, 12);
    },
  },
  {
    name: 'after disconnect the ending rejects with the reason given, and the outputs end',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'echo up; sleep 20']);
      await readUntil(remote.stdout, 'up\n');
      const reason = new Error('enough');
      remote.disconnect(reason);
      await assert.rejects(remote.exit, (error) => error === reason);
      await eventually(
        'the stream is closed',
        () => remote.stdout.destroyed || remote.stdout.readableEnded || remote.stdout.read() === null,
      );
    },
  },
  {
    name: 'disconnect after the ending changes nothing',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'exit 3']);
      const { status } = await collect(remote);
      remote.disconnect(new Error('too late'));
      assert.equal(status.code, 3);
      assert.equal((await remote.exit).code, 3);
    },
  },
  {
    name: 'output proves that the command started',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'echo up; sleep 0.3']);
      await readUntil(remote.stdout, 'up\n');
      assert.equal(await remote.started, 'confirmed');
      assert.equal((await collect(remote)).status.code, 0);
    },
  },
  {
    name: 'a signal where none can be sent is unsupported, and harms nothing',
    async run({ shell }) {
      const remote = await startAt(shell, ['sh', '-c', 'sleep 0.3; exit 21']);
      const collected = collect(remote);
      if (!remote.can.has('signal')) assert.equal(await remote.signal('SIGTERM'), 'unsupported');
      const { status } = await collected;
      assert.equal(status.code, 21);
    },
  },
  {
    name: 'a signal ends the command and its children',
    needs: ['signal'],
    async run({ shell }) {
      const mark = uniqueSleep();
      const remote = await startAt(shell, ['sh', '-c', `sleep ${mark} & echo up; sleep ${mark}; echo never`], {
        env: {},
      });
      const collected = collect(remote).catch(() => null);
      await eventually('both run', async () => (await countProcesses(shell, mark)) >= 2);
      assert.equal(await remote.signal('SIGTERM'), 'delivered');
      const ended = await collected;
      assert.ok(
        ended === null || ended.status.code === 143 || ended.status.code === 137,
        `ended with ${ended?.status.code}`,
      );
      await eventually('both are gone', async () => (await countProcesses(shell, mark)) === 0);
    },
  },
  {
    name: 'variables of the request are in the environment of the command',
    needs: ['env'],
    async run({ shell }) {
      const env = { KX_ONE: 'a b', KX_TWO: 'quotes \' and " and $HOME', KX_THREE: 'line\nline', KX_EMPTY: '' };
      const { stdout } = await runAt(
        shell,
        ['sh', '-c', 'printf "%s|" "$KX_ONE" "$KX_TWO" "$KX_THREE" "${KX_EMPTY-unset}"'],
        undefined,
        { env },
      );
      assert.equal(
        stdout.toString(),
        Object.values(env)
          .map((value) => `${value}|`)
          .join(''),
      );
    },
  },
  {
    name: 'the directory of the request is where the command starts',
    needs: ['cwd'],
    async run({ shell }) {
      const { stdout } = await runAt(shell, ['pwd'], undefined, { cwd: '/etc' });
      assert.equal(stdout.toString(), '/etc\n');
    },
  },
  {
    name: 'nothing is added to the environment, arguments and directory of the command',
    async run({ shell }) {
      const { stdout } = await runScript(shell, 'env; echo "$0" "$#"; pwd');
      assert.doesNotMatch(stdout.toString(), /kx/i);
      assert.match(stdout.toString(), /sh 0\n/);
    },
  },
];

async function countProcesses(place: Place, mark: string): Promise<number> {
  return Number((await runAt(place, countSleepers(mark))).stdout.toString());
}
