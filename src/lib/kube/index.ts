/**
 * The Kubernetes API as one user sees it: kubeconfig and credentials, proxies and TLS, JSON requests, streams and
 * upgrades. What a server refuses becomes a KxError with the server's own words.
 */
export type { ApiClient, ConnectionFlags, UpgradedConnection } from './api-client.ts';
export { connect } from './connect.ts';
export { describeConnection, type ConnectionDescription } from './describe.ts';
export { readKubeconfig } from './kubeconfig.ts';
export { parseYamlDocuments, type YamlError } from './yaml.ts';
