/**
 * The ways to a target, each a sibling file of one interface, and the two things that can be put around a command on its
 * way: a wrapper that proves its start and its end, and the means to end it from outside.
 */
export { apiserverTransport } from './apiserver.ts';
export { traceableTransport } from './traceable.ts';
export type { Transport } from './transport.ts';
export { wrappedTransport } from './wrapped.ts';
