/**
 * A stand-in for containers without a shell: an ephemeral container in the same pod that sees the target's files through
 * /proc/PID/root. It runs as the target's user, with no rights that the target lacks.
 */
export { addHelperContainer, type Helper } from './add.ts';
export { locatePath } from './locate.ts';
