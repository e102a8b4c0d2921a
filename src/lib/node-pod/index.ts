/**
 * A privileged pod on one node for as long as kx needs it: created as the user, answering commands as soon as its container
 * runs, kept alive by kx alone, and gone a minute after kx is. It says in labels whose it is, what for, since when
 * and until when, so that those of others can be told and swept.
 */
export { makeNodePod, type NodePodSpec } from './manifest.ts';
export { folderOfFiles } from './scripts.ts';
export { openNodePod, reuseNodePod, type NodePodOptions } from './open.ts';
export { findNodePods, removeNodePod, sweepFinished, type FoundNodePod } from './sweep.ts';
