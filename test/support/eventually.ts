import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again until the answer is not false, null or undefined, and gives it. Rejects after `timeout`
 * milliseconds. For states that announce no event, such as a process that is gone.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  timeout = 20_000,
): Promise<T> {
  const limit = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() > limit) throw new Error(`not within ${timeout} ms: ${what}`);
    await delay(50);
  }
}
