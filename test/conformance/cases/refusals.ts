import assert from 'node:assert/strict';
import { expectError, runAt } from '../drive.ts';
import type { Case } from '../suite.ts';

/** What is refused before anything runs says so in the server's words. */
export const refusalCases: readonly Case[] = [
  {
    name: 'unknown credentials are unauthenticated',
    needs: ['authentication'],
    async run({ unauthenticated }) {
      const error = await expectError(runAt(unauthenticated!, ['true']), 'KX_UNAUTHENTICATED');
      assert.equal(error.ran, 'no');
    },
  },
  {
    name: 'a user without rights is forbidden, and the refusal names the resource',
    needs: ['users'],
    async run({ forbidden }) {
      const error = await expectError(runAt(forbidden!, ['true']), 'KX_FORBIDDEN');
      assert.equal(error.ran, 'no');
      assert.match(error.message, /pods/);
    },
  },
  {
    name: 'a pod that does not exist is not found, by its name',
    needs: ['pods'],
    async run({ missingPod }) {
      const error = await expectError(runAt(missingPod!, ['true']), 'KX_TARGET_NOT_FOUND');
      assert.equal(error.ran, 'no');
      assert.ok(error.message.includes(missingPod!.target.pod), error.message);
    },
  },
  {
    name: 'a container that does not exist is refused, by its name',
    needs: ['containers'],
    async run({ missingContainer }) {
      const error = await expectError(runAt(missingContainer!, ['true']), 'KX_TARGET_NOT_FOUND', 'KX_REMOTE');
      assert.equal(error.ran, 'no');
      assert.ok(error.message.includes(missingContainer!.target.container!), error.message);
    },
  },
  {
    name: 'a pod of several containers, none named, is refused with their names',
    needs: ['several-containers'],
    async run({ unnamedContainer }) {
      const error = await expectError(runAt(unnamedContainer!, ['true']), 'KX_TARGET_AMBIGUOUS', 'KX_REMOTE');
      assert.equal(error.ran, 'no');
      assert.match(error.message, /container/);
    },
  },
];
