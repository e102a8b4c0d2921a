import { string } from '@oclif/core/flags';
import { durationFlag, repeatedFlag } from '../../flags.ts';
import { parsePairs } from './read-flags.ts';

/** What the helper pod is to be like. Durations are milliseconds. */
export interface HelperChoice {
  readonly image: string;
  /** Undefined: that of the target. */
  readonly namespace: string | undefined;
  readonly pullSecrets: readonly string[];
  readonly resources: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly lifetime: number;
}

const day = 24 * 3_600_000;

/** The flags of the helper pod, for every command that makes one. `helperChoiceOf` reads them. */
export function helperFlags(helpGroup: string) {
  return {
    image: string({
      helpGroup,
      helpValue: 'IMAGE',
      default: 'docker.io/library/busybox:stable-musl',
      summary: 'Its image, with nsenter, setsid and best a sh without libraries (default busybox:stable-musl)',
    }),
    'image-pull-secret': repeatedFlag({
      helpGroup,
      helpValue: 'NAME',
      summary: 'Secret for the registry of its image, can be repeated',
    }),
    'helper-namespace': string({
      helpGroup,
      helpValue: 'NAME',
      summary: 'Its namespace, which must let privileged pods in; else that of the target',
    }),
    'helper-resources': repeatedFlag({
      helpGroup,
      helpValue: 'NAME=QUANTITY',
      summary: 'Its requests and limits, such as cpu=100m,memory=64Mi',
    }),
    'helper-label': repeatedFlag({
      helpGroup,
      helpValue: 'NAME=VALUE',
      summary: 'A label of it, can be repeated',
    }),
    'helper-annotation': repeatedFlag({
      helpGroup,
      helpValue: 'NAME=VALUE',
      summary: 'An annotation of it, can be repeated',
    }),
    lifetime: durationFlag('lifetime', {
      helpGroup,
      summary: 'After this time it ends, whatever runs in it (default 24h)',
    })({ default: day }),
  };
}

/** What oclif parsed of `helperFlags`. */
export interface ParsedHelperFlags {
  image: string;
  'image-pull-secret': string[] | undefined;
  'helper-namespace': string | undefined;
  'helper-resources': string[] | undefined;
  'helper-label': string[] | undefined;
  'helper-annotation': string[] | undefined;
  lifetime: number;
}

/** Throws KX_USAGE for pairs that are none. */
export function helperChoiceOf(flags: ParsedHelperFlags): HelperChoice {
  return {
    image: flags.image,
    namespace: flags['helper-namespace'],
    pullSecrets: flags['image-pull-secret'] ?? [],
    resources: parsePairs('helper-resources', flags['helper-resources'] ?? []),
    labels: parsePairs('helper-label', flags['helper-label'] ?? []),
    annotations: parsePairs('helper-annotation', flags['helper-annotation'] ?? []),
    lifetime: flags.lifetime,
  };
}
