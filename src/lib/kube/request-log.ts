import type { IncomingMessage } from 'node:http';

/** What is logged of a request. */
interface Logged {
  readonly method: string;
  readonly url: URL;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly log: (level: number, line: string) => void;
}

const bodyLimit = 1024;

/** Bodies that hold credentials: tokens made or reviewed, and secrets. */
const secretPath = /\/(token|tokenreviews|tokenrequests|secrets)(\/|\?|$)/;

/** Level 7: the headers, with what proves the user masked. */
export function logRequest({ method, url, path, headers, log }: Logged): void {
  log(7, `${method} ${url.origin}${path}`);
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) log(7, `    ${name}: ${maskHeader(name, one)}`);
  }
}

/** Level 6: one line for each answer. */
export function logAnswer({ method, url, path, log }: Logged, response: IncomingMessage, ms: number): void {
  const status = `${response.statusCode ?? 0} ${response.statusMessage ?? ''}`.trimEnd();
  log(6, `${method} ${url.origin}${path} ${status} in ${Math.round(ms)} ms`);
}

/** Level 8: what the server said, cut to 1 KiB. */
export function logBody({ path, log }: Logged, text: string): void {
  if (secretPath.test(path)) return log(8, 'Response body: <masked>');
  log(
    8,
    `Response body: ${text.slice(0, bodyLimit)}${text.length > bodyLimit ? ` (${text.length - bodyLimit} more)` : ''}`,
  );
}

function maskHeader(name: string, value: string): string {
  return /^(proxy-)?authorization$/i.test(name) ? value.replace(/^(\w+) .*$/s, '$1 <masked>') : value;
}
