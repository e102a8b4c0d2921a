import { custom, string, boolean } from '@oclif/core/flags';
import { KxError } from './lib/errors/index.ts';
import type { ConnectionFlags } from './lib/kube/index.ts';
import { explainDuration, parseDuration } from './cli/duration.ts';

/** A flag that is on or off; oclif leaves one without a default undefined, whatever its type says. */
export function switchFlag(options: {
  summary: string;
  char?: 'A' | 'f' | 'h' | 'i' | 'p' | 'q' | 't';
  helpGroup?: string;
}) {
  return boolean({ ...options, default: false });
}

/** A flag of which every value counts. */
export function repeatedFlag(options: {
  char?: 'f' | 'n';
  helpGroup?: string;
  helpValue: string;
  options?: string[];
  summary: string;
}) {
  return string({ ...options, multiple: true, multipleNonGreedy: true });
}

/** The container of a command that has one target. */
export function containerFlag() {
  return string({
    char: 'c',
    helpValue: 'NAME',
    summary: 'Container; else the one the pod is annotated with, else its first',
  });
}

const group = 'Connection';

/** In the place of `--namespace` where there can be several. */
export function namespacesFlag() {
  return repeatedFlag({
    char: 'n',
    helpGroup: group,
    helpValue: 'NAME',
    summary: 'The namespace of the pods, can be repeated',
  });
}

/** The kubectl flags that concern a connection, for every command that makes one. `connectionOf` reads them. */
export const connectionFlags = {
  kubeconfig: string({ helpGroup: group, helpValue: 'FILE', summary: 'Path to the kubeconfig file' }),
  context: string({ helpGroup: group, helpValue: 'NAME', summary: 'The context of the kubeconfig to use' }),
  cluster: string({ helpGroup: group, helpValue: 'NAME', summary: 'The cluster of the kubeconfig to use' }),
  user: string({ helpGroup: group, helpValue: 'NAME', summary: 'The user of the kubeconfig to use' }),
  namespace: string({ char: 'n', helpGroup: group, helpValue: 'NAME', summary: 'The namespace of the request' }),
  as: string({ helpGroup: group, helpValue: 'NAME', summary: 'User to impersonate' }),
  'as-group': repeatedFlag({
    helpGroup: group,
    helpValue: 'NAME',
    summary: 'Group to impersonate, can be repeated',
  }),
  'as-uid': string({ helpGroup: group, helpValue: 'UID', summary: 'UID to impersonate' }),
  token: string({ helpGroup: group, helpValue: 'TOKEN', summary: 'Bearer token for the API server' }),
  server: string({ char: 's', helpGroup: group, helpValue: 'URL', summary: 'Address of the API server' }),
  'tls-server-name': string({ helpGroup: group, helpValue: 'NAME', summary: 'Name the server certificate must have' }),
  'certificate-authority': string({ helpGroup: group, helpValue: 'FILE', summary: 'Certificates to trust' }),
  'client-certificate': string({ helpGroup: group, helpValue: 'FILE', summary: 'Client certificate for TLS' }),
  'client-key': string({ helpGroup: group, helpValue: 'FILE', summary: 'Client key for TLS' }),
  'insecure-skip-tls-verify': switchFlag({ helpGroup: group, summary: 'Do not check the certificate of the server' }),
  'request-timeout': custom<number>({
    helpGroup: group,
    helpValue: 'DURATION',
    summary: 'Time limit of one request that is not a stream, such as 10s; 0 is none',
    parse: (text) => Promise.resolve(parseRequestTimeout(text)),
  })(),
};

/** The flags that every command has. */
export const commonFlags = {
  v: custom<number>({
    char: 'v',
    helpGroup: 'Other',
    helpValue: 'LEVEL',
    summary: 'Explain on stderr what happens: 1 choices and endings, 6 requests, 7 their headers, 8 the answers',
    parse: (text) => Promise.resolve(parseLevel(text)),
  })(),
  help: switchFlag({ char: 'h', helpGroup: 'Other', summary: 'Show this text' }),
};

/** What oclif parsed of `connectionFlags`. */
export interface ParsedConnectionFlags {
  kubeconfig: string | undefined;
  context: string | undefined;
  cluster: string | undefined;
  user: string | undefined;
  namespace: string | undefined;
  as: string | undefined;
  'as-group': string[] | undefined;
  'as-uid': string | undefined;
  token: string | undefined;
  server: string | undefined;
  'tls-server-name': string | undefined;
  'certificate-authority': string | undefined;
  'client-certificate': string | undefined;
  'client-key': string | undefined;
  'insecure-skip-tls-verify': boolean;
  'request-timeout': number | undefined;
}

/** The connection flags as lib/kube takes them. */
export function connectionOf(flags: ParsedConnectionFlags): ConnectionFlags {
  return {
    kubeconfig: flags.kubeconfig,
    context: flags.context,
    cluster: flags.cluster,
    user: flags.user,
    namespace: flags.namespace,
    as: flags.as,
    asGroup: flags['as-group'],
    asUid: flags['as-uid'],
    token: flags.token,
    server: flags.server,
    tlsServerName: flags['tls-server-name'],
    certificateAuthority: flags['certificate-authority'],
    clientCertificate: flags['client-certificate'],
    clientKey: flags['client-key'],
    // An unset boolean must not override the kubeconfig.
    insecureSkipTlsVerify: flags['insecure-skip-tls-verify'] ? true : undefined,
    requestTimeout: flags['request-timeout'],
  };
}

/** A flag whose value is a Go duration of more than zero, in milliseconds. */
export function durationFlag(name: string, options: { summary: string; helpGroup?: string }) {
  return custom<number>({
    ...options,
    helpValue: 'DURATION',
    parse: (text) => {
      const milliseconds = parseDuration(text);
      if (milliseconds === undefined) {
        throw new KxError('KX_USAGE', `invalid argument "${text}" for "--${name}" flag: ${explainDuration(text)}`);
      }
      if (milliseconds <= 0) throw new KxError('KX_USAGE', `--${name} must be higher than zero`);
      return Promise.resolve(milliseconds);
    },
  });
}

/** A flag whose value is a whole number of at least `least`. */
export function integerFlag(name: string, least: number, summary: string, helpGroup?: string) {
  return custom<number>({
    ...(helpGroup === undefined ? {} : { helpGroup }),
    helpValue: 'NUMBER',
    summary,
    parse: (text) => {
      const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
      if (value >= least) return Promise.resolve(value);
      throw new KxError(
        'KX_USAGE',
        `invalid argument "${text}" for "--${name}" flag: not a number of ${least} or more`,
      );
    },
  });
}

// k8s.io/client-go/tools/clientcmd ParseTimeout: a plain number is seconds.
function parseRequestTimeout(text: string): number {
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
  throw new KxError('KX_USAGE', `invalid argument "${text}" for "--request-timeout" flag`, {
    hint: 'a number of seconds, or a number with a unit such as 1s, 2m or 3h',
  });
}

function parseLevel(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new KxError('KX_USAGE', `invalid argument "${text}" for "-v, --v" flag: not a number`);
}
