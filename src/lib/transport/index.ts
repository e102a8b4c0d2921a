/**
 * The ways to a target, each a sibling file of one interface, and what can be put around a command on its way: the choice
 * of a container and the explanation of a refusal, a wrapper that proves its start and its end, the means to end it from
 * outside.
 */
export { apiserverTransport } from './apiserver.ts';
export { filterOutput } from './filtered-output.ts';
export { execUntilAborted, runToEnd } from './run.ts';
export { startFailure } from './start-failure.ts';
export { targetingTransport, type TargetingTransport } from './targeting.ts';
export { traceableTransport } from './traceable.ts';
export type { Transport } from './transport.ts';
export { wrappedTransport } from './wrapped.ts';
export { createNonce } from './wrapper-script.ts';
