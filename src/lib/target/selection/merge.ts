/** An item, and the number of the iterable that gave it. */
export interface Turn<Item> {
  readonly by: number;
  readonly item: Item;
}

interface Pulled<Item> {
  readonly by: number;
  readonly result: IteratorResult<Item> | { readonly error: unknown };
}

/**
 * What several iterables give, as it comes; of each no more than one item is under way. Ends when all have ended, or
 * throws what the first of them throws. `abort` must end them: it is called when this ends, which waits for them.
 */
export async function* merge<Item>(
  iterables: readonly AsyncIterable<Item>[],
  abort: () => void,
): AsyncGenerator<Turn<Item>> {
  const iterators = iterables.map((iterable) => iterable[Symbol.asyncIterator]());
  const pulled: Pulled<Item>[] = [];
  let wake = (): void => {};
  const pull = (by: number): void => {
    const settle = (result: Pulled<Item>['result']): void => {
      pulled.push({ by, result });
      wake();
    };
    iterators[by]?.next().then(settle, (error: unknown) => settle({ error }));
  };
  try {
    for (const by of iterators.keys()) pull(by);
    for (let open = iterators.length; open > 0;) {
      const next = pulled.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const { by, result } = next;
      if ('error' in result) throw result.error;
      if (result.done === true) {
        open--;
        continue;
      }
      yield { by, item: result.value };
      pull(by);
    }
  } finally {
    abort();
    await Promise.allSettled(iterators.map(async (iterator) => iterator.return?.()));
  }
}
