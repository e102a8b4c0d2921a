import type { Name } from '../entry.ts';
import type { Hello } from './receive-script.ts';
import { startReceiver } from './receiver.ts';
import type { RemoteEnd } from '../remote-end.ts';

/** How long the other end has to take back what is not complete, in milliseconds. */
const patience = 3000;

/** What an earlier receiver left. */
export interface Leftovers {
  readonly nonce: string;
  readonly base: Name;
  readonly before: Hello;
  readonly staged: readonly Name[];
}

/** Ends the receiver that went before and removes the staging files. Never rejects; gives those that may be left. */
export async function removeStaged(end: RemoteEnd, leftovers: Leftovers): Promise<readonly Name[]> {
  const { nonce, base, before, staged } = leftovers;
  if (staged.length === 0) return [];
  const signal = AbortSignal.timeout(patience);
  try {
    // Only the shell: a tar that has begun finishes what it has whole.
    const start = { nonce, base, replaces: before.pid, keepBatches: false };
    const receiver = await startReceiver(end, start, signal);
    const hello = await receiver.hello;
    if (hello.identity === before.identity) {
      receiver.send({ letter: 'm', words: '', names: [] }, () => {});
      for (const name of staged) receiver.send({ letter: 'x', words: '', names: [name] }, () => {});
    }
    receiver.send({ letter: 'e', words: '', names: [] }, () => {});
    return (await receiver.ended) === 'end' ? [] : staged;
  } catch {
    return staged;
  }
}
