import { KxError } from '../errors/index.ts';
import { deriveProcess, type ExitStatus, type RemoteProcess } from '../process/index.ts';
import { describeTarget } from '../target/index.ts';
import { filterOutput, startFailure } from '../transport/index.ts';
import type { PrivilegedRequest } from './access.ts';
import { sandboxed, type Place } from './place.ts';

/**
 * A process of the script of enter-script.ts as the command that it starts: resolves when that is in its namespaces. Rejects with
 * the reason where it does not come so far: nothing ran then.
 */
export async function enteredProcess(
  remote: RemoteProcess,
  nonce: string,
  place: Place,
  request: PrivilegedRequest,
): Promise<RemoteProcess> {
  const source = remote.stderr ?? remote.stdout;
  const entered = Promise.withResolvers<true>();
  let isInside = false;
  const filtered = filterOutput(source, nonce, ({ messages }) => {
    isInside ||= messages.some((words) => words.trim() === 'entered');
    if (isInside) entered.resolve(true);
  });
  const endingOf = async (): Promise<ExitStatus> => {
    const status = await remote.exit;
    await filtered.ended;
    const messages = filtered.marks.messages.map((words) => words.trim());
    const refused = messages.find((words) => words.startsWith('refused '));
    if (refused !== undefined) throw refusal(refused.slice('refused '.length), place, request);
    if (!isInside) throw notEntered(place, String(filtered.stream.read() ?? ''), status.code);
    const words = messages.filter((each) => each !== 'entered');
    const failed = words.length > 0 && (status.code === 126 || status.code === 127);
    if (failed) throw startFailure(status.code, words, request.command);
    return status;
  };
  const exit = endingOf();
  exit.catch(() => {});
  await Promise.race([entered.promise, exit]);
  return deriveProcess(remote, {
    stdout: remote.stderr === null ? filtered.stream : remote.stdout,
    stderr: remote.stderr === null ? null : filtered.stream,
    exit,
  });
}

/** The words of the script as errors. */
function refusal(word: string, place: Place, { entry }: PrivilegedRequest): KxError {
  const where = place.kind === 'node' ? `node ${place.node}` : describeTarget(place.target);
  const cannot = (why: string, hint?: string): KxError =>
    new KxError('KX_ENTER', `${where} cannot be entered: ${why}`, { ran: 'no', hint });
  const otherImage = `name another by ${entry.tools ? '--tools' : '--image'}`;
  switch (word) {
    case 'sandboxed':
      return place.kind === 'node' ? cannot(word) : sandboxed(place.target, 'its runtime is neither runc nor crun');
    case 'gone':
      return new KxError('KX_TARGET_CHANGED', `${where} has ended in between`, { ran: 'no' });
    case 'unknown':
      return cannot('its node does not know it: it was just ended, or its runtime keeps its state in another place');
    case 'cgroup':
      return cannot('the process that the runtime names is in the cgroup of another container');
    case 'cwd':
      return new KxError('KX_COMMAND_NOT_EXECUTABLE', `cannot change to the directory ${entry.cwd ?? ''} in ${where}`, {
        ran: 'no',
      });
    case 'no-nsenter':
      return cannot('the image of the helper pod lacks nsenter or setsid', otherImage);
    case 'no-cgroup':
      return cannot('the nsenter of the helper pod knows no cgroup namespaces', `${otherImage}, with util-linux`);
    case 'no-proc':
      return cannot('no /proc could be mounted for the tools');
    default:
      return cannot(word);
  }
}

function notEntered(place: Place, said: string, code: number): KxError {
  const where = place.kind === 'node' ? `node ${place.node}` : describeTarget(place.target);
  const words = said.replace(/\s+/g, ' ').trim();
  return new KxError('KX_ENTER', `${where} cannot be entered: ${words || `nsenter ended with code ${code}`}`, {
    ran: 'no',
    hint: 'a directory, a user or a variable needs sh in the container, or an image of the helper whose sh needs no libraries: name one by --image',
  });
}
