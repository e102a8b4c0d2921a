import type { ApiClient } from '../../lib/kube/index.ts';
import type { ExecRequest } from '../../lib/process/index.ts';
import type { Target } from '../../lib/target/index.ts';
import type { Transport } from '../../lib/transport/index.ts';
import { quoteWords } from './quote-words.ts';
import type { Wrapping } from './start.ts';

export interface Plan {
  readonly api: ApiClient;
  readonly target: Target;
  readonly transport: Transport;
  readonly request: ExecRequest;
  readonly mode: Wrapping;
}

const wrapperIs = {
  must: 'yes, a flag needs it',
  may: 'yes, to keep stdin whole; without sh in the container the command runs as it is',
  no: 'no',
};

/** What `--dry-run` prints: where which command would run, and how it would get there. */
export function describePlan({ api, target, transport, request, mode }: Plan): string {
  const context = api.context === undefined ? '' : ` (context ${api.context})`;
  const streams = [request.stdin ? 'stdin' : undefined, request.tty === null ? undefined : 'terminal'];
  const lines = [
    ['pod', `${target.namespace}/${target.pod}`],
    ['container', target.container ?? ''],
    ['transport', `${transport.name} ${api.server}${context}`],
    ['command', quoteWords(request.command)],
    ['directory', request.cwd ?? ''],
    ['environment', Object.keys(request.env ?? {}).join(' ')],
    ['input', streams.filter(Boolean).join(', ')],
    ['wrapper', wrapperIs[mode]],
  ];
  return lines.flatMap(([name = '', value = '']) => (value === '' ? [] : [`${name.padEnd(12)}${value}\n`])).join('');
}
