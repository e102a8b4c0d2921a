import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { collect, deriveProcess } from '../../../src/lib/process/index.ts';
import { connectProcess, memoryLinkPair, serveProcess, v5 } from '../../../src/lib/remotecommand/index.ts';
import { openLocalRuntime } from '../../../src/lib/runtime/index.ts';
import { wrappedTransport } from '../../../src/lib/transport/index.ts';

const container = { id: 'shell', hostname: 'here', hosts: '', env: {}, workingDir: '/', empty: false };

suite('a wrapped command that writes before its start is proven', () => {
  test('loses nothing and holds nobody up, however late the proof comes', async (context) => {
    const runtime = await openLocalRuntime();
    context.after(() => runtime.close());
    const transport = wrappedTransport({
      name: 'memory',
      async exec(_target, request) {
        const [client, server] = memoryLinkPair(v5);
        const local = await runtime.exec(container, request);
        const stderr = new PassThrough();
        setTimeout(() => local.stderr?.pipe(stderr), 500);
        void serveProcess(server, deriveProcess(local, { stderr }));
        return connectProcess(client, request);
      },
    });
    for (const size of [3, 4 << 20]) {
      const command = ['sh', '-c', `head -c ${size} /dev/zero; echo end >&2; exit 3`];
      const remote = await transport.exec({ namespace: 'n', pod: 'p' }, { command, stdin: false, tty: null });
      const { stdout, stderr, status } = await collect(remote);
      assert.deepEqual([stdout.length, stderr.toString(), status.code], [size, 'end\n', 3]);
    }
  });
});
