import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';

/** What YAML means in every file that kx reads: JSON's types, and merge keys. */
export const schema = CORE_SCHEMA.withTags(mergeTag);

/** The documents of a YAML or JSON text. Throws what js-yaml throws. */
export function loadDocuments(text: string): readonly unknown[] {
  return loadAll(text, { schema });
}
