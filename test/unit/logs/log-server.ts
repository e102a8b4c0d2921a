import type { ServerResponse } from 'node:http';
import { startApiServer, failure } from '../target/api-server.ts';

interface Written {
  readonly at: string;
  readonly text: Buffer;
}

interface Follower {
  readonly response: ServerResponse;
  readonly timestamps: boolean;
}

/** The run of a container: its newest log file, and who follows it. */
interface Run {
  readonly id: string;
  readonly startedAt: string;
  lines: Written[];
  exitCode: number | undefined;
}

/** An API server with one pod `p` in namespace `n`, with one container `main`, whose kubelet behaves as the real one. */
export async function startLogServer() {
  const followers = new Set<Follower>();
  const asked: URL[] = [];
  const runs: Run[] = [];
  let clock = Date.parse('2026-01-02T03:04:05.000Z');
  let nano = 0;
  let restartPolicy = 'Always';
  let isGone = false;
  let isRemoved = false;
  let cutAfter = Infinity;
  let isCleanCut = false;
  let refusal: object | undefined;
  const begin = (): void => {
    runs.push({
      id: `containerd://${runs.length}`,
      startedAt: stamp().replace(/\.\d+/, ''),
      lines: [],
      exitCode: undefined,
    });
  };
  const stamp = (): string => `${new Date(clock).toISOString().slice(0, 19)}.${String(nano).padStart(9, '0')}Z`;
  const present = (): Run => runs.at(-1) as Run;

  const format = ({ at, text }: Written, timestamps: boolean): Buffer =>
    timestamps ? Buffer.concat([Buffer.from(`${at} `), text]) : text;
  const isCut = new WeakSet<ServerResponse>();
  const send = (response: ServerResponse, bytes: Buffer): void => {
    if (isCut.has(response)) return;
    const part = bytes.subarray(0, cutAfter);
    cutAfter -= part.length;
    if (part.length === bytes.length) {
      response.write(part);
      return;
    }
    cutAfter = Infinity;
    isCut.add(response);
    for (const follower of followers) if (follower.response === response) followers.delete(follower);
    if (isCleanCut) response.end(part);
    // Not at once: what was written before is to arrive.
    else response.write(part, () => setTimeout(() => response.socket?.resetAndDestroy(), 5));
  };
  const serveLog = (url: URL, response: ServerResponse): void => {
    if (isRemoved) {
      response.end(`unable to retrieve container logs for ${present().id}`);
      return;
    }
    const query = url.searchParams;
    const is = (name: string): boolean => query.get(name) === 'true';
    const run = is('previous') ? runs.at(-2) : runs.at(-1);
    if (run === undefined)
      return refuse(response, failure(400, 'BadRequest', 'previous terminated container "main" in pod "p" not found'));
    const since = query.get('sinceTime');
    let lines = run.lines.filter(({ at }) => since === null || at >= since.replace('Z', '.000000000Z'));
    const ago = query.get('sinceSeconds');
    if (ago !== null) {
      const from = new Date(clock - Number(ago) * 1000).toISOString().replace('Z', '000000Z');
      lines = lines.filter(({ at }) => at >= from);
    }
    const tail = query.get('tailLines');
    if (tail !== null) lines = Number(tail) === 0 ? [] : lines.slice(-Number(tail));
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.flushHeaders();
    const limit = query.get('limitBytes');
    if (limit !== null) {
      const all = Buffer.concat(lines.map((line) => format(line, is('timestamps'))));
      response.end(all.subarray(0, Number(limit)));
      return;
    }
    for (const line of lines) send(response, format(line, is('timestamps')));
    if (isCut.has(response)) return;
    if (!is('follow') || run.exitCode !== undefined) {
      response.end();
      return;
    }
    const follower = { response, timestamps: is('timestamps') };
    followers.add(follower);
    response.on('close', () => followers.delete(follower));
  };
  const podNow = (): object => {
    const now = present();
    const former = runs.at(-2);
    const ending = ({ id, exitCode, startedAt }: Run) => ({ terminated: { exitCode, containerID: id, startedAt } });
    return {
      metadata: { name: 'p', namespace: 'n', uid: 'u' },
      spec: { restartPolicy, containers: [{ name: 'main' }] },
      status: {
        containerStatuses: [
          {
            name: 'main',
            containerID: now.id,
            restartCount: runs.length - 1,
            state: now.exitCode === undefined ? { running: { startedAt: now.startedAt } } : ending(now),
            ...(former === undefined ? {} : { lastState: ending(former) }),
          },
        ],
      },
    };
  };

  const server = await startApiServer({
    '/api/v1/namespaces/n/pods/p': (_request, response) => {
      if (isGone) refuse(response, failure(404, 'NotFound', 'pods "p" not found'));
      else response.end(JSON.stringify(podNow()));
    },
    '/api/v1/namespaces/n/pods/p/log': (request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost');
      asked.push(url);
      if (isGone) refuse(response, failure(404, 'NotFound', 'pods "p" not found'));
      else if (refusal !== undefined) refuse(response, refusal);
      else serveLog(url, response);
    },
  });
  begin();
  return {
    api: server.api,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    /** The requests for the log. */
    asked,
    /** Lets the clock of the node go on. */
    wait(milliseconds: number): void {
      clock += milliseconds;
      nano = 0;
    },
    /** Writes lines, a nanosecond apart; `same`: all at the same time. */
    write(...texts: readonly (string | Buffer)[]): void {
      for (const text of texts) {
        nano += 1;
        this.writeAt(stamp(), text);
      }
    },
    writeAt(at: string, text: string | Buffer): void {
      const line = { at, text: Buffer.concat([Buffer.from(text), Buffer.from('\n')]) };
      present().lines.push(line);
      for (const { response, timestamps } of followers) send(response, format(line, timestamps));
    },
    now: stamp,
    /** Ends every stream without a word. */
    cut(): void {
      for (const { response } of followers) response.socket?.resetAndDestroy();
      followers.clear();
    },
    /** Does that within the next bytes. */
    cutAfter(bytes: number): void {
      [cutAfter, isCleanCut] = [bytes, false];
    },
    /** Within the next bytes a stream ends in good order. */
    endAfter(bytes: number): void {
      [cutAfter, isCleanCut] = [bytes, true];
    },
    /** Ends every stream in good order, as an API server does whose kubelet is gone. */
    close(words = ''): void {
      for (const { response } of followers) response.end(words);
      followers.clear();
    },
    /** The log file begins anew. */
    rotate(): void {
      present().lines = [];
    },
    /** The container ends; it is not started again before `restart`. */
    exit(code: number): void {
      present().exitCode = code;
      this.close();
    },
    restart(): void {
      begin();
    },
    setRestartPolicy(policy: string): void {
      restartPolicy = policy;
    },
    delete(): void {
      isGone = true;
      this.close();
    },
    /** The kubelet removes the log of the container. */
    remove(): void {
      isRemoved = true;
    },
    refuse(status: object | undefined): void {
      refusal = status;
    },
    followed: (): number => followers.size,
  };
}

export type LogServer = Awaited<ReturnType<typeof startLogServer>>;

function refuse(response: ServerResponse, status: object): void {
  response.writeHead((status as { code: number }).code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(status));
}
