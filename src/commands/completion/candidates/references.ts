import { findKind, kindNames, pathOf, splitNode } from '../../../lib/target/index.ts';
import type { Candidate } from '../completions.ts';
import type { World } from '../world.ts';
import { listNames } from './names.ts';

/** The pods of the namespace. */
export async function podNames(world: World): Promise<readonly Candidate[]> {
  const [api, namespace] = await Promise.all([world.api(), world.namespace()]);
  return listNames(api, pathOf('pod', namespace), world.signal);
}

/** The nodes of the cluster. */
export async function nodeNames(world: World): Promise<readonly Candidate[]> {
  return listNames(await world.api(), '/api/v1/nodes', world.signal);
}

/** `node/`, or the nodes behind it. */
export async function hostNames(word: string, world: World): Promise<readonly Candidate[]> {
  if (!word.includes('/')) return [{ text: 'node/', note: 'its host', seldom: true }];
  const [type] = splitNode(word) ?? [];
  if (type === undefined) return [];
  const names = await nodeNames(world);
  return names.map(({ text, note }) => ({ text: `${type}/${text}`, note }));
}

/** `TYPE/` for every kind, or the objects of the kind that the word names: with the word for the kind that was typed. */
export async function workloadNames(word: string, world: World): Promise<readonly Candidate[]> {
  const slash = word.indexOf('/');
  if (slash === -1) return kindNames.map((kind) => ({ text: `${kind}/`, note: 'a pod of it', seldom: true }));
  const kind = findKind(word.slice(0, slash));
  if (kind === undefined) return [];
  const [api, namespace] = await Promise.all([world.api(), world.namespace()]);
  const names = await listNames(api, pathOf(kind, namespace), world.signal);
  return names.map(({ text, note }) => ({ text: `${word.slice(0, slash)}/${text}`, note }));
}
