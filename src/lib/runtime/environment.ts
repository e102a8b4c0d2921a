const secretName = /TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|AUTH|COOKIE|SESSION|KEY|^KUBECONFIG$|^AWS_|^AZURE_|^GOOGLE_/i;

/** What a container has where the YAML says nothing else; the values of an ordinary image. */
export const containerEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
};

/** The machine's environment for a command that runs on the machine itself: what looks like a secret is taken out. */
export function withoutSecrets(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(([name, value]) => value !== undefined && !secretName.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}
