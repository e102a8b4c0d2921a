import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { runAt, runScript } from '../drive.ts';
import type { Case } from '../suite.ts';

/** Handles and requests that keep a process alive, of the kinds a connection makes. */
const openHandles = () =>
  process.getActiveResourcesInfo().filter((kind) => !/^(Timeout|Immediate|TTYWrap)$/.test(kind)).length;

/** Many commands do not disturb each other and leave nothing behind. */
export const repetitionCases: readonly Case[] = [
  {
    name: 'twenty commands at once keep their outputs and codes apart',
    async run({ shell }) {
      const runs = Array.from({ length: 20 }, async (_, i) => {
        const { stdout, stderr, status } = await runScript(
          shell,
          `echo out ${i}; sleep 0.2; echo err ${i} >&2; exit ${i}`,
        );
        assert.deepEqual([stdout.toString(), stderr.toString(), status.code], [`out ${i}\n`, `err ${i}\n`, i]);
      });
      await Promise.all(runs);
    },
  },
  {
    name: 'two hundred commands in turn leave nothing open',
    async run({ shell }) {
      await runAt(shell, ['true']);
      const before = openHandles();
      for (let i = 0; i < 200; i++) assert.equal((await runAt(shell, ['true'])).status.code, 0);
      await eventually('the handles are closed', () => openHandles() <= before + 3);
    },
  },
];
