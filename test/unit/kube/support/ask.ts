// Makes one request with the kubeconfig that is named, as a program of its own: what a plugin sees of a terminal
// depends on the whole process.
import { connect } from '../../../../src/lib/kube/index.ts';
import { KxError } from '../../../../src/lib/errors/index.ts';

try {
  const client = await connect({ kubeconfig: process.argv[2] }, { env: process.env, log: () => {} });
  console.log(JSON.stringify(await client.get('/version')));
} catch (error) {
  if (!(error instanceof KxError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
