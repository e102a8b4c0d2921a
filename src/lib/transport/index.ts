/** The ways to a target, each a sibling file of one interface. */
export type { Transport } from './transport.ts';
