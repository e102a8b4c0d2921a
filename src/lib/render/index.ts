/**
 * How lines and outcomes of many containers look: prefixes and colours, JSON, templates, filters, folded names, differences.
 * Bytes and values go in, bytes come out; nothing here knows of clusters, files or the terminal.
 */
export { renderBlock } from './block.ts';
export { createByteSink } from './byte-sink.ts';
export { renderDiff } from './diff.ts';
export { foldNames } from './fold-names.ts';
export type { Line, LineSource } from './line.ts';
export { createLineRenderer, outputChoices, type OutputChoice, type RendererOptions } from './line-renderer.ts';
export type { Matcher, NameMatcher } from './matcher.ts';
export { colorChoices, createPaint, wantsColor, type ColorChoice, type Paint } from './paint.ts';
export { compileNamePattern, compilePatterns } from './patterns.ts';
export { createPrefixer, type PrefixParts } from './prefix.ts';
export { progressText } from './progress.ts';
export { textFields } from './text-fields.ts';
export { timestampChoices, type TimestampChoice } from './timestamp.ts';
