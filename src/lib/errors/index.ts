/**
 * What goes wrong, as values: one class, one table of codes. The table gives the exit code of each code and is the
 * source of docs/errors.md. Printing happens once, in the base command.
 */
export { errorCodes, type KxCode } from './codes.ts';
export { KxError, toKxError, type KxErrorOptions, type Ran } from './kx-error.ts';
