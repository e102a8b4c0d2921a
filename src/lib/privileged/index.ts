/**
 * Commands with privilege in the namespaces of a container, or of a node. What is wanted (a place, an entry, a request) is told apart
 * from how it is reached: `PrivilegedAccess`, of which a short-lived helper pod on the node is one.
 */
export { entryFor, namespaceNames, type Entry, type NamespaceName } from './entry.ts';
export type { PrivilegedAccess } from './access.ts';
export { openHelperAccess, type HelperOptions } from './helper-access.ts';
export { findNode, listNodes, readNode, type SelectedNode } from './node.ts';
export { placeOf, refuseSandbox, type NodePlace, type Place } from './place.ts';
