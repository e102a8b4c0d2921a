import type { Platform } from './platforms.ts';

/**
 * The name of the plugin in Krew: `kubectl krew install NAME` makes `kubectl NAME`. The central index renamed another plugin
 * that was submitted as kx, so this is the one place where the name is decided; the program answers to any.
 */
export const pluginName = 'kx';

export interface KrewPlatform {
  readonly platform: Platform;
  readonly uri: string;
  /** Of the archive, in hex. */
  readonly sha256: string;
}

/** Fills the template krew/plugin.yaml for archives that exist. */
export function krewManifest(
  template: string,
  { version, homepage, platforms }: { version: string; homepage: string; platforms: readonly KrewPlatform[] },
): string {
  const entries = platforms.map(
    ({ platform, uri, sha256 }) => `  - selector:
      matchLabels:
        os: ${platform.os}
        arch: ${platform.arch}
    uri: ${uri}
    sha256: ${sha256}
    bin: ${platform.program}`,
  );
  const values: Readonly<Record<string, string>> = {
    name: pluginName,
    version: `v${version}`,
    homepage,
    platforms: entries.join('\n'),
  };
  return template.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole);
}
