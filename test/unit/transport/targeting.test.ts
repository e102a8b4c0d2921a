import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { KxError } from '../../../src/lib/errors/index.ts';
import { collect } from '../../../src/lib/process/index.ts';
import type { Target } from '../../../src/lib/target/index.ts';
import { targetingTransport, type Transport } from '../../../src/lib/transport/index.ts';
import { localTransport } from '../../support/local-transport.ts';
import { notFound, startApiServer } from '../target/api-server.ts';
import { pod } from '../target/objects.ts';

const pods = '/api/v1/namespaces/shop/pods';
const web: Target = { namespace: 'shop', pod: 'web' };

/** As a server that will not choose a container; `asked` gets the container of each command. */
function choosy(asked: (string | undefined)[]): Transport {
  const local = localTransport();
  return {
    name: 'choosy',
    exec: (target, request, signal) => {
      asked.push(target.container);
      if (target.container !== undefined) return local.exec(target, request, signal);
      const message = 'a container name must be specified for pod web, choose one of: [app proxy]';
      return Promise.reject(new KxError('KX_REMOTE', message, { details: { status: '400' } }));
    },
  };
}

const echo = (word: string) => ({ command: ['echo', word], stdin: false, tty: null });

suite('a transport that chooses containers', () => {
  test('reads the pod once, says its choice once, and keeps it', async () => {
    const server = await startApiServer({ [`${pods}/web`]: pod('web', { containers: ['app', 'proxy'] }) });
    const [asked, said]: [(string | undefined)[], string[]] = [[], []];
    const transport = targetingTransport(choosy(asked), server.api, false, (line) => said.push(line));
    assert.equal(transport.chosen(web), web);
    for (const word of ['one', 'two']) {
      const { stdout } = await collect(await transport.exec(web, echo(word)));
      assert.equal(stdout.toString(), `${word}\n`);
    }
    assert.deepEqual(asked, [undefined, 'app', 'app']);
    assert.deepEqual(said, ['Defaulted container "app" out of: app, proxy']);
    assert.deepEqual(server.asked, [`${pods}/web`]);
    assert.equal(transport.chosen(web).container, 'app');
  });

  test('explains a refusal, and an ending behind the upgrade', async () => {
    const server = await startApiServer({ [`${pods}/web`]: notFound('pods', 'web') });
    const missing = new KxError('KX_REMOTE', 'pods "web" not found', { details: { status: '404' } });
    const refusing: Transport = { name: 'refusing', exec: () => Promise.reject(missing) };
    const ending: Transport = {
      name: 'ending',
      exec: async (...words) => {
        const remote = await localTransport().exec(...words);
        const exit = remote.exit.then(() => Promise.reject(missing));
        exit.catch(() => {});
        return { ...remote, exit };
      },
    };
    const explained = { code: 'KX_TARGET_NOT_FOUND', message: 'pod "web" not found in namespace "shop"' };
    for (const inner of [refusing, ending]) {
      const transport = targetingTransport(inner, server.api, false, () => {});
      await assert.rejects(async () => collect(await transport.exec(web, echo('x'))), explained, inner.name);
    }
  });
});
