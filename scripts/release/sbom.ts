import { createHash } from 'node:crypto';
import { run } from '../build/run.ts';
import type { BundledPackage } from './packages.ts';
import { programName } from './platforms.ts';

interface Sbom {
  serialNumber: string;
  metadata: { timestamp: string; lifecycles: unknown; component: Component; [name: string]: unknown };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly [name: string]: unknown;
}

/**
 * What the program is made of, in CycloneDX: that of npm, without the packages of which esbuild took nothing and with bun. The same
 * program and the same time give the same text.
 */
export function makeSbom(root: string, packages: readonly BundledPackage[], bunVersion: string, when: Date): string {
  const words = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--loglevel=error'];
  const sbom = JSON.parse(run('npm', words, root)) as Sbom;
  const { component } = sbom.metadata;
  const bun: Component = {
    'bom-ref': `bun@${bunVersion}`,
    type: 'platform',
    name: 'bun',
    version: bunVersion,
    purl: `pkg:npm/bun@${bunVersion}`,
    licenses: [{ license: { id: 'MIT' } }],
  };
  const bundled = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = sbom.components.filter((each) => bundled.has(each['bom-ref']));
  const missing = [...bundled].filter((ref) => !components.some((each) => each['bom-ref'] === ref));
  if (missing.length > 0) throw new Error(`npm does not know ${missing.join(', ')}`);
  const known = new Set([component['bom-ref'], ...bundled]);
  const dependencies = sbom.dependencies
    .filter(({ ref }) => known.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => known.has(each)) }));
  dependencies.find(({ ref }) => ref === component['bom-ref'])?.dependsOn.push(bun['bom-ref']);
  const made = {
    ...sbom,
    metadata: {
      ...sbom.metadata,
      timestamp: when.toISOString(),
      lifecycles: [{ phase: 'build' }],
      // Any npm says the same.
      tools: [{ vendor: 'npm', name: 'cli' }],
      component: { ...component, type: 'application', name: programName },
    },
    components: [...components, bun],
    dependencies: [...dependencies, { ref: bun['bom-ref'], dependsOn: [] }],
  };
  return `${JSON.stringify({ ...made, serialNumber: serialOf({ ...made, serialNumber: '' }) }, null, 2)}\n`;
}

/** A UUID of the content: npm gives one at random. */
function serialOf(content: object): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`];
  return `urn:uuid:${parts.join('-')}-${hash.slice(20, 32)}`;
}
