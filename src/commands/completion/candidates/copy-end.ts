import { parseSpec, type RemoteSpec } from '../../../lib/copy/index.ts';
import { isKind, pathOf } from '../../../lib/target/index.ts';
import type { Candidate, Completions } from '../completions.ts';
import type { Line } from '../read-line.ts';
import type { World } from '../world.ts';
import { localPaths } from './local-paths.ts';
import { listNames } from './names.ts';
import { hostNames, podNames, workloadNames } from './references.ts';

/** The place in a container that a word of `kx cp` names; undefined where it has none, or is a selector's. */
export function endOfWord(
  word: string,
): (RemoteSpec & { readonly reference: NonNullable<RemoteSpec['reference']> }) | undefined {
  if (!word.includes(':')) return undefined;
  // What is being typed may have no path yet.
  const spec = parseSpec(word.endsWith(':') ? `${word}.` : word, {
    windows: process.platform === 'win32',
    selector: true,
  });
  return spec.side === 'remote' && spec.reference !== undefined ? { ...spec, reference: spec.reference } : undefined;
}

/** One end of a copy: what may stand in front of the colon, a path behind it, or a path of this machine. */
export async function completeCopyEnd(word: string, line: Line, world: World): Promise<Completions> {
  // A shell knows its own paths best.
  if (/^[./~]/.test(word)) return { candidates: [], paths: 'files' };
  const end = endOfWord(word);
  if (end !== undefined) {
    const colon = word.indexOf(':') + 1;
    const { remotePaths } = await import('./remote-path.ts');
    const paths = await remotePaths(word.slice(colon), end, line, world);
    return { candidates: paths.map((path) => ({ text: word.slice(0, colon) + path })) };
  }
  const remote = await remoteStarts(word, world);
  const local = word === '' ? [{ text: './' }, { text: '/' }] : localPaths(word).map((text) => ({ text }));
  // Only a shell that is given nothing lists its own paths.
  return { candidates: [...remote, ...local], paths: 'files' };
}

/** Everything that a colon can follow, and what leads there. */
async function remoteStarts(word: string, world: World): Promise<readonly Candidate[]> {
  const withColon = ({ text, note }: Candidate): Candidate =>
    text.endsWith('/') ? { text, note } : { text: `${text}:`, note };
  const [first = '', ...rest] = word.split('/');
  if (rest.length === 0) {
    const kinds = await workloadNames('', world);
    const lists = await Promise.allSettled([podNames(world), namespaceStarts(world)]);
    const named = lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
    return [...named, ...kinds, ...(await hostNames('', world))].map(withColon);
  }
  if (isKind(first)) return (await workloadNames(word, world)).map(withColon);
  const hosts = await hostNames(word, world);
  if (hosts.length > 0) return hosts.map(withColon);
  const api = await world.api();
  const names = await listNames(api, pathOf('pod', first), world.signal).catch(() => []);
  return names.map(({ text, note }) => ({ text: `${first}/${text}:`, note }));
}

async function namespaceStarts(world: World): Promise<readonly Candidate[]> {
  const names = await listNames(await world.api(), '/api/v1/namespaces', world.signal);
  return names.map(({ text }) => ({ text: `${text}/`, note: 'namespace' }));
}
