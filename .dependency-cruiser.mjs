/**
 * The layer rule of docs/architecture.md: imports point down, never sideways between features.
 * commands, services -> features -> reach -> wire -> values.
 */
const values = '^src/lib/(errors|process|text)/';
const wire = '^src/lib/(remotecommand|kube)/';
const reach = '^src/lib/(target|transport|runtime|helper-container|node-pod)/';
const features = '^src/lib/(copy|logs|fanout|privileged|terminal|render|settings)/';
const outer = '^src/(commands|services|cli|main|program|base-command|flags)';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no bottom to read first.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'values-are-the-bottom',
      comment: 'Errors and processes are plain values; they know no layer above.',
      severity: 'error',
      from: { path: values },
      to: { path: [wire, reach, features, outer] },
    },
    {
      name: 'wire-knows-no-target',
      comment: 'The protocol and the Kubernetes client serve any target.',
      severity: 'error',
      from: { path: wire },
      to: { path: [reach, features, outer] },
    },
    {
      name: 'reach-knows-no-feature',
      comment: 'A transport carries a terminal and a copy alike.',
      severity: 'error',
      from: { path: reach },
      to: { path: [features, outer] },
    },
    {
      name: 'features-do-not-meet',
      comment: 'What two features need belongs in a layer below them.',
      severity: 'error',
      from: { path: '^src/lib/(copy|logs|fanout|privileged|terminal|render|settings)/' },
      to: { path: features, pathNot: '^src/lib/$1/' },
    },
    {
      name: 'features-below-commands',
      comment: 'lib is what commands and services are made of.',
      severity: 'error',
      from: { path: '^src/lib/' },
      to: { path: outer },
    },
    {
      name: 'through-the-index',
      comment: 'The index of a folder is its public face; the rest may move.',
      severity: 'error',
      from: { path: '^src/(?:lib/)?([^/]+)/' },
      to: { path: '^src/(lib|services)/[^/]+/.+', pathNot: ['/index\\.ts$', '^src/(?:lib/|services/)?$1/'] },
    },
    {
      name: 'oclif-at-the-edge',
      comment: 'Only commands are an oclif program.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|program|base-command|flags|commands/)' },
      to: { path: 'node_modules/@oclif' },
    },
    {
      name: 'sockets-in-the-wire',
      comment: 'Connections are made in one layer, so that proxies, TLS and credentials are handled once.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(lib/(remotecommand|kube)|services)/' },
      to: { path: '^(ws|node:tls|node:https?|node:http2|node:net)$|node_modules/ws/' },
    },
    {
      name: 'services-have-no-terminal',
      comment: 'A server has nobody in front of it.',
      severity: 'error',
      from: { path: '^src/services/' },
      to: { path: '^src/lib/(terminal|render)/' },
    },
    {
      name: 'files-where-files-are-the-subject',
      comment: 'Local files are read and written in few places.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(lib/(copy|kube|runtime|settings|state|terminal)/|services/|commands/|main|program)',
      },
      to: { path: '^node:fs' },
    },
    {
      name: 'nothing-imports-commands',
      comment: 'A command is an entry, not a library. The program table is the one list of them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(commands/|program|main)' },
      to: { path: '^src/commands/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
