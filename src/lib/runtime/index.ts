/**
 * What starts a command on a machine, as a value of lib/process. The local runtime runs it as a process of this machine,
 * in a root of its own where Linux namespaces are to be had.
 */
export { findProgram, type Isolation } from './isolation.ts';
export { openLocalRuntime, type LocalContainer, type LocalRuntime } from './local.ts';
