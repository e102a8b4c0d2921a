import { Writable } from 'node:stream';
import type { LineOutput } from './line-output.ts';
import type { Naming } from './names.ts';
import { summarise } from './summary.ts';
import type { Result } from './verdict.ts';
import type { View } from './view.ts';

/** `-o summary`: what is written is dropped, and in the end the summary is on stdout. */
export function createSummaryView(naming: Naming, stdout: LineOutput): View {
  const began = performance.now();
  const results: Result[] = [];
  const drop = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  return {
    open: () => ({ stdout: drop(), stderr: drop() }),
    show: (result) => {
      results.push(result);
      return Promise.resolve();
    },
    finish: () => stdout.write(Buffer.from(summarise(results, naming, performance.now() - began, true))),
    close: () => Promise.resolve(),
  };
}
