import type { Captured } from './capture.ts';

/** Targets with the same output and the same end. */
export interface Group {
  /** In the order of their places. */
  readonly names: readonly string[];
  readonly code: number | undefined;
  /** How it ended where there is no code. */
  readonly ending: string;
  readonly output: Captured;
}

export interface Member {
  readonly name: string;
  /** Its place among the targets. */
  readonly index: number;
  readonly code: number | undefined;
  readonly ending: string;
  readonly output: Captured;
}

/** Keeps what is different once. */
export interface Groups {
  add(member: Member): void;
  /** The largest first; of equal ones the lower code, then the one that comes first among the targets. */
  sorted(): readonly Group[];
}

export function createGroups(): Groups {
  const groups = new Map<string, { first: Member; members: { name: string; index: number }[] }>();
  return {
    add: (member) => {
      const { code, ending, output } = member;
      const key = JSON.stringify([code ?? ending, output.total, output.digest]);
      const known = groups.get(key);
      if (known === undefined) groups.set(key, { first: member, members: [member] });
      else {
        known.members.push({ name: member.name, index: member.index });
        output.drop();
      }
    },
    sorted: () =>
      [...groups.values()]
        .map(({ first, members }) => ({ first, members: members.sort((a, b) => a.index - b.index) }))
        .sort(
          (a, b) =>
            b.members.length - a.members.length ||
            (a.first.code ?? Infinity) - (b.first.code ?? Infinity) ||
            (a.members[0]?.index ?? 0) - (b.members[0]?.index ?? 0),
        )
        .map(({ first: { code, ending, output }, members }) => ({
          names: members.map(({ name }) => name),
          ...{ code, ending, output },
        })),
  };
}
