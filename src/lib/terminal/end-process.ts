import { openedOutput, type Output } from './output.ts';

/**
 * Ends kx with an exit code once what was written has left: a handle that something forgot must not keep it alive, and
 * process.exit alone cuts what waits for a slow reader.
 */
export async function endProcess(exitCode: number): Promise<never> {
  await Promise.all([flush(openedOutput(1)), flush(openedOutput(2))]);
  process.exit(exitCode);
}

function flush(output: Output | undefined): Promise<void> {
  return new Promise((flushed) => {
    if (output === undefined || output.writableLength === 0 || output.destroyed) flushed();
    else output.write('', () => flushed());
  });
}
