import type { Metafile } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A package of which at least one file is in the program. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** What its folder says about licence and copyright. */
  readonly text: string;
}

/** The packages that esbuild put into the program, by name. Throws where one has no licence. */
export async function listPackages(root: string, { outputs }: Metafile): Promise<BundledPackage[]> {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []));
  const packages = await Promise.all([...folders].map((folder) => readPackage(join(root, folder))));
  return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const described = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Omit<BundledPackage, 'text'>;
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const { name, version, license } = described;
  if (!/^[\w.() -]+$/.test(license)) throw new Error(`${folder} has no licence`);
  return { name, version, license, text: texts.map((text) => text.trim()).join('\n\n') };
}

/** What must go with copies of the program: whose work is in it, and under which licence. */
export function thirdPartyLicenses(packages: readonly BundledPackage[], bunVersion: string): string {
  const parts = packages.map(
    ({ name, version, license, text }) =>
      `${name} ${version}\nLicence: ${license}\n\n${text === '' ? 'The package has no text of its own.' : text}`,
  );
  return [
    'kubectl-kx contains the work of others. Each is named here with its licence.',
    `Bun ${bunVersion}\nLicence: MIT, and those of what it links, among them JavaScriptCore and WebKit (LGPL-2.1).\n` +
      'Copyright (c) the authors of Bun. Texts and sources: https://bun.com/docs/project/licensing',
    ...parts,
  ]
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n');
}
