/**
 * Ends kx with an exit code once what was written has left: a handle that something forgot must not keep it alive, and
 * process.exit alone cuts what waits for a slow reader.
 */
export async function endProcess(exitCode: number): Promise<void> {
  process.exitCode = exitCode;
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  process.exit(exitCode);
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((flushed) => {
    if (!stream.writable) flushed();
    else stream.write('', () => flushed());
  });
}
