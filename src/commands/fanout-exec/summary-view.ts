import { Writable } from 'node:stream';
import type { View } from './view.ts';

/** `-o summary`: what is written is dropped. */
export function createSummaryView(): View {
  const drop = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  return {
    open: () => ({ stdout: drop(), stderr: drop() }),
    show: () => Promise.resolve(),
    finish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
