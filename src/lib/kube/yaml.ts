/** Why a text is not YAML; `line` and `column` count from 1. */
export class YamlError extends Error {
  readonly where: { readonly line: number; readonly column: number } | undefined;

  constructor(reason: string, where: YamlError['where']) {
    super(reason);
    this.where = where;
  }
}

/** Bun's own parser: a tenth of the time of js-yaml, which is most of what reading a kubeconfig takes. */
const native = (globalThis as { Bun?: { YAML?: { parse(text: string): unknown } } }).Bun?.YAML;

/** The one document of a YAML or JSON text; undefined when it is empty. Rejects with a YamlError. */
export async function parseYaml(text: string): Promise<unknown> {
  try {
    if (native !== undefined) return native.parse(text);
  } catch {
    // js-yaml says where the fault is.
  }
  const [document, ...more] = await parseYamlDocuments(text);
  if (more.length > 0) throw new YamlError('there is more than one document', undefined);
  return document;
}

/** The documents of a YAML or JSON text. Rejects with a YamlError, which quotes nothing of the text. */
export async function parseYamlDocuments(text: string): Promise<readonly unknown[]> {
  const { loadDocuments } = await import('./yaml-documents.ts');
  try {
    return loadDocuments(text);
  } catch (fault) {
    const { reason = 'it cannot be parsed', mark } = fault as {
      reason?: string;
      mark?: { line: number; column: number };
    };
    throw new YamlError(reason, mark && { line: mark.line + 1, column: mark.column + 1 });
  }
}
