import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { devNull } from 'node:os';
import { suite, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startKx, type Ended, type Running } from '../support/program.ts';
import { startApiServer, failure } from '../unit/target/api-server.ts';

const at = '2026-01-02T03:04:05.000000001Z';
const pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { containers: [{ name: 'main' }] },
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'main', containerID: 'c', restartCount: 0, state: { running: { startedAt: at } } }],
  },
};

/** An API server with a pod `p`, whose log is whatever this writes. */
async function serving(writeLog: (response: ServerResponse, query: URLSearchParams, count: number) => void) {
  let count = 0;
  const server = await startApiServer({
    '/api/v1/namespaces/default/pods/p': pod,
    '/api/v1/namespaces/default/pods/p/log': (request, response) => {
      writeLog(response, new URL(request.url ?? '', 'http://localhost').searchParams, ++count);
    },
  });
  const start = (...words: string[]): Running =>
    startKx(['logs', 'p', '--server', server.api.server, ...words], { env: { KUBECONFIG: devNull }, timeout: 120_000 });
  return {
    start,
    asked: () => count,
  };
}

/** Serves these bytes as one line, with a timestamp where that is asked for. */
function serveLines(lines: readonly Buffer[]): Parameters<typeof serving>[0] {
  return (response, query) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    const chosen = query.has('tailLines') ? lines.slice(-Number(query.get('tailLines'))) : lines;
    for (const line of chosen) {
      if (query.get('timestamps') === 'true') response.write(`${at} `);
      response.write(line);
      response.write('\n');
    }
    response.end();
  };
}

/** Ends a program, and tells the most memory that it had, in MiB. */
async function peakOf(running: Running): Promise<{ ended: Ended; peak: number }> {
  let peak = 0;
  const look = (): void => {
    try {
      const status = readFileSync(`/proc/${running.child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  };
  running.child.stdout.on('data', look);
  return { ended: await running.ended, peak };
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

suite('kx logs and a hostile log', () => {
  test('a line of 50 MB comes whole in every shape, and is not held in memory', async () => {
    const long = Buffer.alloc(50_000_000, 'abcdefghijklmnopqrstuvwxyz0123456789');
    const server = await serving(serveLines([long, Buffer.from('next')]));
    const expected = hash(Buffer.concat([long, Buffer.from('\nnext\n')]));
    for (const words of [[], ['-o', 'raw', '--tail=2'], ['-o', 'prefix'], ['-o', 'json']]) {
      const { ended, peak } = await peakOf(server.start(...words));
      assert.equal(ended.code, 0, ended.stderr);
      assert.ok(peak < 250, `${words.join(' ')}: ${peak} MiB`);
      const text = ended.stdout;
      if (words[1] === 'json') {
        const parts = text
          .toString()
          .trimEnd()
          .split('\n')
          .map((each) => JSON.parse(each) as { message: string });
        assert.equal(
          hash(
            Buffer.from(
              `${parts
                .slice(0, -1)
                .map(({ message }) => message)
                .join('')}\nnext\n`,
            ),
          ),
          expected,
        );
        assert.equal(parts.at(-1)?.message, 'next');
      } else if (words[1] === 'prefix') {
        const [first = '', second = ''] = text.toString('latin1').split('\n');
        assert.ok(first.endsWith(long.toString('latin1')) && first.length < long.length + 100);
        assert.match(second, / next$/);
      } else assert.equal(hash(text), expected);
    }
  });

  test('bytes of any kind pass unchanged, copied or as lines, and JSON stays JSON', async () => {
    const bytes = Buffer.from(randomBytes(1 << 20).filter((byte) => byte !== 10));
    const lines = [bytes, Buffer.from([0, 255, 254, 13, 27, 0]), Buffer.alloc(0), bytes.subarray(0, 70_000)];
    const server = await serving(serveLines(lines));
    const whole = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    for (const words of [[], ['--tail=4']]) {
      const { code, stdout } = await server.start(...words).ended;
      assert.equal(code, 0);
      assert.equal(hash(stdout), hash(whole));
    }
    const json = await server.start('-o', 'json').ended;
    for (const text of json.stdout.toString().trimEnd().split('\n')) JSON.parse(text);
  });

  test('what has no timestamp is no line: it is an error, and is not shown as one', async () => {
    const server = await serving((response) => response.end('<html>\nno log at all\n'.repeat(1000)));
    const { code, stdout, stderr } = await server.start('--tail=5').ended;
    assert.deepEqual([code, stdout.length], [125, 0]);
    assert.match(stderr, /^error: .*failed on the node: <html>.*\[KX_/);
  });

  for (const [name, refuse] of [
    ['writes rubbish', (response: ServerResponse) => response.end('rubbish '.repeat(9999))],
    ['cuts', (response: ServerResponse) => response.socket?.resetAndDestroy()],
    [
      'sends the same line and cuts',
      (response: ServerResponse) => {
        response.write(`${at} seen\n`, () => setTimeout(() => response.socket?.resetAndDestroy(), 5));
      },
    ],
    [
      'fails',
      (response: ServerResponse) => {
        response.writeHead(500).end(JSON.stringify(failure(500, 'InternalError', 'an error on the server')));
      },
    ],
  ] as const) {
    test(`a server that ${name} for ever is asked less and less often, and that is said`, async () => {
      let since = 0;
      const server = await serving((response, _query, count) => {
        if (count > 1) {
          since ||= performance.now();
          refuse(response);
          return;
        }
        response.write(`${at} seen\n`);
        setTimeout(() => response.socket?.resetAndDestroy(), 5);
      });
      const running = server.start('-f');
      await running.sees(/seen/);
      await running.sees(/connection (lost|made again)/);
      await eventually('it is asked six times', () => server.asked() > 6);
      // Pauses of 0.2, 0.4, 0.8 and 1.6 s lie between, a quarter less at most; a slow machine makes them longer only.
      assert.ok(performance.now() - since > 0.75 * (200 + 400 + 800 + 1600));
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      assert.equal(code, 130);
      assert.equal(stdout.toString(), 'seen\n');
    });
  }

  test('thousands of followed logs are refused clearly, and followed where that is allowed', async () => {
    const pods = Array.from({ length: 2000 }, (_, index) => {
      const metadata = { ...pod.metadata, name: `many-${index}`, uid: `u${index}` };
      return { ...pod, metadata };
    });
    const server = await startApiServer({
      '/api/v1/namespaces/default/pods': (request, response) => {
        if (request.url?.includes('watch=') === true) response.flushHeaders();
        else response.end(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '7' }, items: pods }));
      },
      ...Object.fromEntries(
        pods.map(({ metadata: { name } }) => [
          `/api/v1/namespaces/default/pods/${name}/log`,
          (_request: IncomingMessage, response: ServerResponse) => void response.write(`${at} line of ${name}\n`),
        ]),
      ),
    });
    const words = ['logs', '-f', '-l', 'app=many', '-o', 'raw', '--server', server.api.server];
    const options = { env: { KUBECONFIG: devNull }, timeout: 120_000 };
    const refused = await startKx(words, options).ended;
    assert.match(refused.stderr, /attempting to follow 2000 log streams.*--max-log-requests.*\[KX_USAGE\]/);
    assert.deepEqual([refused.code, refused.stdout.length], [125, 0]);
    const running = startKx([...words, '--max-log-requests', '2000'], options);
    const linesOf = (): string[] => running.stdout().toString().trimEnd().split('\n');
    await eventually('every pod was heard', () => linesOf().length >= pods.length, 60_000);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    assert.deepEqual(linesOf().sort(), pods.map(({ metadata }) => `line of ${metadata.name}`).sort());
  });
});
