/**
 * The one idea of kx: a remote command is a value, three streams and an ending. Transports and runtimes make it;
 * terminals, copies, fan-outs and the server half consume it.
 */
export { collect, type Collected } from './collect.ts';
export { deriveProcess } from './derive.ts';
export type { Capability, ExecRequest, ExitStatus, RemoteProcess, Signal, TerminalSize } from './remote-process.ts';
