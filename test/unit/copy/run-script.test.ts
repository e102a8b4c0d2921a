import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createRetry } from '../../../src/lib/copy/retry.ts';
import { runScript } from '../../../src/lib/copy/run-script.ts';
import { KxError } from '../../../src/lib/errors/index.ts';
import { localTransport } from '../../support/local-transport.ts';

function endWith(signal: AbortSignal, tries = 0) {
  const retries: string[] = [];
  const retry = createRetry(tries, signal, ({ message }) => retries.push(message));
  return { end: { transport: localTransport({}), target: { namespace: 'n', pod: 'p' }, signal, retry }, retries };
}

suite('a script in a container', () => {
  test('gives what is made of its output, its words and its code', async () => {
    const { end } = endWith(new AbortController().signal);
    const said = await runScript(end, 'echo "out $1"; echo err >&2; exit 3', ['word'], (done) => done);
    assert.deepEqual([String(said.stdout), String(said.stderr), said.status.code], ['out word\n', 'err\n', 3]);
  });

  test('is run again when what it said cannot be the whole', async () => {
    const { end, retries } = endWith(new AbortController().signal, 3);
    let runs = 0;
    const result = await runScript(end, 'echo said', [], ({ stdout }) => {
      if (++runs < 3) throw new KxError('KX_CONNECTION_LOST', 'cut', { ran: 'yes' });
      return stdout.toString();
    });
    assert.deepEqual([result, runs, retries], ['said\n', 3, ['cut', 'cut']]);
  });

  test('ends at once when the copy is canceled, whatever it still does', async () => {
    const controller = new AbortController();
    const { end } = endWith(controller.signal, 5);
    const running = runScript(end, 'echo begun; exec sleep 5', [], (done) => done);
    setTimeout(() => controller.abort(new KxError('KX_CANCELED', 'canceled', { ran: 'yes' })), 200);
    await assert.rejects(running, { code: 'KX_CANCELED' });
  });
});
