/**
 * Trees of files on their way: a reader yields entries, a writer takes them, and this machine and a container can be
 * either. Nothing is taken for whole because a command ended well: what arrived is counted and acknowledged.
 */
export type { Compression } from './compression.ts';
export { copyTree, type Progress } from './copy-tree.ts';
export { displayName } from './display-name.ts';
export { toName, type Entry, type Name, type Report, type TreeReader, type TreeWriter } from './entry.ts';
export { placeInto, readForest, type ForestPart } from './forest.ts';
export { createFilter, type Filter } from './filter.ts';
export { countEntries } from './local/limits.ts';
export type { LocalResume } from './local/parts.ts';
export { systemWords } from './local/problem.ts';
export { readLocalTree } from './local/reader.ts';
export { writeLocalTree } from './local/writer.ts';
export { baseName, endsAsDirectory, planCopy, type DestinationFact, type Plan, type SourceFact } from './plan.ts';
export { listLocalTree, listRemoteTree, type Listing } from './listing.ts';
export { isSamePrefix, sumUp } from './prefix.ts';
export { probeContainer, type Found, type Probe, type ProbePath } from './probe.ts';
export { readRemoteForest } from './from-container/remote-forest.ts';
export { readRemoteTree } from './from-container/remote-reader.ts';
export type { SendingOptions } from './from-container/sent-tree.ts';
export { writeRemoteTree } from './to-container/remote-writer.ts';
export type { RemoteEnd } from './remote-end.ts';
export { createRetry, isLoss } from './retry.ts';
export { parseSpec, type RemoteSpec, type Spec, type SpecRules } from './spec.ts';
export { compareSums, mismatch, sumLocalTree, sumRemoteTree, type Sums } from './sums.ts';
export { sameBySum, sameByTime, selectFrom, skipSame, type IsSame, type Selection } from './update.ts';
