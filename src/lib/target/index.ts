/**
 * Where a command runs: what the user typed (a reference), and the one container it means (a target). Parsing is pure;
 * `resolveTarget` asks the cluster, and for a plain pod not even that. What the server then refuses, `chooseContainer`
 * answers and `explainExecFailure` explains. The choices of pod and container, and the words, are kubectl's.
 */
export { chooseContainer, needsContainerChoice } from './container.ts';
export { explainExecFailure } from './explain.ts';
export { findKind, isKind, kindNames, pathOf } from './kinds.ts';
export { followContainers } from './selection/follow-containers.ts';
export type { Json } from './json.ts';
export { listContainers } from './selection/list-containers.ts';
export { findLogPod } from './log-pod.ts';
export { referenceFromManifest, type ManifestReference } from './manifest.ts';
export { checkNamespace } from './names.ts';
export type { Pod } from './pod-order.ts';
export { readObjects } from './selection/read-objects.ts';
export { readPod } from './read-pod.ts';
export { formatReference, nodeName, parseReference, splitNode, type Reference } from './reference.ts';
export { resolveTarget, type TargetRequest } from './resolve.ts';
export { selectTargets, type SelectedPod, type TargetsRequest } from './select.ts';
export type {
  ContainerEvent,
  ContainerKind,
  ContainerSelection,
  ContainerState,
  PodSource,
  SelectedContainer,
} from './selection/types.ts';
export { hopelessReasons } from './start-reasons.ts';
export { describeTarget, nodeOf, nodeTarget, type Target } from './target.ts';
export { startTimeLimit } from './time-limit.ts';
