import type { KubeObject } from '../cluster/objects.ts';
import { columnsOf } from './columns.ts';

/** How the client wants objects: as they are, as rows for printing, or without spec and status. */
export type Form = 'object' | 'table' | 'metadata';

/** What the Accept header asks for first among what is offered here. */
export function formOf(accept: string | undefined): Form {
  for (const each of (accept ?? '').split(',')) {
    if (!each.includes('json')) continue;
    if (each.includes('as=Table')) return 'table';
    if (each.includes('as=PartialObjectMetadata')) return 'metadata';
    return 'object';
  }
  return 'object';
}

/** One object in the form that was asked for. */
export function present(object: KubeObject, form: Form, kind: string, includeObject: string | null): object {
  if (form === 'table') return tableOf([object], kind, object.metadata.resourceVersion, includeObject);
  return form === 'metadata' ? metadataOf(object) : object;
}

/** A list of objects in the form that was asked for. */
export function presentList(
  objects: readonly KubeObject[],
  form: Form,
  list: { kind: string; apiVersion: string; version: number; next?: string | undefined; includeObject: string | null },
): object {
  const resourceVersion = String(list.version);
  const metadata = { resourceVersion, ...(list.next === undefined ? {} : { continue: list.next }) };
  if (form === 'table') return { ...tableOf(objects, list.kind, resourceVersion, list.includeObject), metadata };
  if (form === 'metadata') {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: objects.map(metadataOf),
    };
  }
  return { kind: `${list.kind}List`, apiVersion: list.apiVersion, metadata, items: objects };
}

function metadataOf({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function tableOf(
  objects: readonly KubeObject[],
  kind: string,
  resourceVersion: string,
  includeObject: string | null,
): object {
  const columns = columnsOf(kind);
  const shown = (object: KubeObject): object | null =>
    includeObject === 'None' ? null : includeObject === 'Object' ? object : metadataOf(object);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columns.map(({ name, type = 'string', wide = false }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: name,
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({ cells: columns.map(({ value }) => value(object)), object: shown(object) })),
  };
}
