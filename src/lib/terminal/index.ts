/**
 * The terminal and the standard streams of this process: raw mode that is always undone, sizes, keys that detach,
 * recordings, and reading and writing the three descriptors without losing a byte.
 */
export { parseDetachKeys } from './detach-keys.ts';
export { endProcess } from './end-process.ts';
export { print, printError } from './print.ts';
