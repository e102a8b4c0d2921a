import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';

import { openPty } from '../../support/pty.ts';
import { clusterOf, makeFolder, oneContext, startSecureApi, write } from './support/scene.ts';

const ask = resolve(import.meta.dirname, 'support/ask.ts');

/** A kubeconfig whose plugin asks for a name when it may, and gives it as the token. */
async function makeScene(t: TestContext, interactiveMode: string) {
  const api = await startSecureApi(t);
  const folder = makeFolder(t);
  const answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}';
  const command = write(
    folder,
    'plugin',
    `#!/bin/sh
name=nobody
case "$KUBERNETES_EXEC_INFO" in *'"interactive":true'*) echo 'who are you?' >&2; read -r name;; esac
printf '${answer}' "$name"
`,
    0o700,
  );
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode };
  return { api, file: write(folder, 'config', oneContext(clusterOf(api), { exec })) };
}

test('a plugin may ask at the terminal, and its question is seen there', async (t) => {
  const { api, file } = await makeScene(t, 'Always');
  const pty = await openPty([process.execPath, ask, file]);
  await pty.sees(/who are you\?/);
  pty.write('ann\n');
  await pty.sees(/"kind":"Answer"/);
  assert.equal((await pty.ended).code, 0);
  assert.deepEqual(api.seen[0]?.headers['authorization'], ['Bearer ann']);
});

test('without a terminal a plugin is told so, and one that always needs it is not run', async (t) => {
  const run = async (file: string) => {
    const child = promisify(execFile)(process.execPath, [ask, file]);
    child.child.stdin?.end();
    return (await child).stdout;
  };
  const optional = await makeScene(t, 'IfAvailable');
  assert.equal(await run(optional.file), '{"kind":"Answer"}\n');
  assert.deepEqual(optional.api.seen[0]?.headers['authorization'], ['Bearer nobody']);
  const always = await makeScene(t, 'Always');
  assert.match(
    await run(always.file),
    /^KX_CONFIG: the exec plugin of user "u" in \S+ needs a terminal as standard input/,
  );
});
