import { KxError } from '../errors/index.ts';

/**
 * A command that a shell could not start (126, 127), by what it said of that: behind the shell's place, as in
 * "line 1: exec: foo: not found", it is about "foo: not found".
 */
export function startFailure(code: number, messages: readonly string[], command: readonly string[]): KxError {
  const words = (messages.at(-1) ?? '').replace(/^(?:: )?(?:(?:line )?\d+: |exec: )+(?:line \d+: )?/, '');
  return new KxError(
    code === 127 ? 'KX_COMMAND_NOT_FOUND' : 'KX_COMMAND_NOT_EXECUTABLE',
    words === '' ? `cannot run ${command[0] ?? ''} in the container` : words,
    { ran: 'no' },
  );
}
