/** Lets so many through at once; the others wait in the order they came. */
export interface Gate {
  /** Waits for a turn, and gives what ends it; that may be called again without harm. */
  enter(): Promise<() => void>;
}

export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    async enter() {
      if (inside >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside += 1;
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const next = waiting.shift();
        if (next === undefined) inside -= 1;
        else next();
      };
    },
  };
}

/** A gate for each owner, which is made when it is first asked for. */
export function createGates(most: number): (owner: object) => Gate {
  const gates = new WeakMap<object, Gate>();
  return (owner) => {
    const gate = gates.get(owner) ?? createGate(most);
    gates.set(owner, gate);
    return gate;
  };
}
