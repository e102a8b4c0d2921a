import { before, suite, test } from 'node:test';
import { controlCases } from './cases/control.ts';
import { endingCases } from './cases/endings.ts';
import { inputCases } from './cases/input.ts';
import { lossCases } from './cases/loss.ts';
import { outputCases } from './cases/output.ts';
import { refusalCases } from './cases/refusals.ts';
import { repetitionCases } from './cases/repetition.ts';
import { terminalCases } from './cases/terminal.ts';
import { wordCases } from './cases/words.ts';
import { lackedBy, type Environment, type Need } from './environment.ts';

/** One behaviour that every transport has. */
export interface Case {
  /** A sentence about the behaviour. */
  readonly name: string;
  /** Skipped where one of these is lacking; the skip names it. */
  readonly needs?: readonly Need[];
  readonly run: (env: Environment) => Promise<void>;
}

/** The same list for every transport. */
export const cases: readonly Case[] = [
  ...endingCases,
  ...outputCases,
  ...inputCases,
  ...terminalCases,
  ...controlCases,
  ...wordCases,
  ...refusalCases,
  ...lossCases,
  ...repetitionCases,
];

/** Holds one transport to the behaviour that all share, and says at the end which cases were skipped for what. */
export function transportSuite({ name, open }: { name: string; open: () => Promise<Environment> }): void {
  suite(`transport ${name}`, () => {
    let opened: Environment | undefined;
    const skipped = new Map<string, number>();
    before(async () => {
      opened = await open();
    });

    for (const { name: sentence, needs, run } of cases) {
      test(sentence, { timeout: 180_000 }, async (t) => {
        const env = opened!;
        const lacking = lackedBy(env, needs ?? []);
        if (lacking.length === 0) return run(env);
        const reason = lacking.join(', ');
        skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
        t.skip(`${name} lacks: ${reason}`);
      });
    }

    test('every case ran or was skipped for a named lack', (t) => {
      const total = [...skipped.values()].reduce((sum, count) => sum + count, 0);
      const reasons = [...skipped].map(([reason, count]) => `${count} for ${reason}`).join('; ');
      t.diagnostic(
        `${name}: ${cases.length - total} of ${cases.length} cases ran, ${total} skipped${reasons && `: ${reasons}`}`,
      );
    });
  });
}
