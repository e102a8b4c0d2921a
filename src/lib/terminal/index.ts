/**
 * The terminal and the standard streams of this process: raw mode that is always undone, sizes, keys that detach,
 * recordings, and reading and writing the three descriptors without losing a byte.
 */
export { brokenPipeCode, flushed } from './broken-pipe.ts';
export { detachOn, parseDetachKeys } from './detach-keys.ts';
export { endProcess } from './end-process.ts';
export { openInput } from './input.ts';
export { openOutput, openOwnOutput, replaceProcessStreams } from './output.ts';
export { print, printError } from './print.ts';
export { withRawMode } from './raw-mode.ts';
export { watchReader } from './reader.ts';
export { openRecording } from './recording.ts';
export { isScreen, isTerminal, terminalSize, watchTerminalSize } from './size.ts';
