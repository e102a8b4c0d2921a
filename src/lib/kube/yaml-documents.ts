import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';

/** The documents of a YAML or JSON text. Throws what js-yaml throws. */
export function loadDocuments(text: string): readonly unknown[] {
  return loadAll(text, { schema: CORE_SCHEMA.withTags(mergeTag) });
}
