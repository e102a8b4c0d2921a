import { readFileSync } from 'node:fs';

/** What kx has open besides: streams, the event loop, lists of pods, commands that end others. */
const ownFiles = 32;

/**
 * How many targets may run at a time so that there are descriptors for all: each has a connection, and `filesOfEach` more. At
 * most `asked`, at least 1. Only Linux says what the limit is.
 */
export function fitParallelism(
  asked: number,
  filesOfEach: number,
): { readonly parallelism: number; readonly limit?: number } {
  const limit = readLimit();
  const room = Math.max(1, Math.floor((limit - ownFiles) / (1 + filesOfEach)));
  return room < asked ? { parallelism: room, limit } : { parallelism: asked };
}

/** `ulimit -n`, as the process has it. */
function readLimit(): number {
  if (process.platform !== 'linux') return Infinity;
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
