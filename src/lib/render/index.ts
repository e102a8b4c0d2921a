/**
 * How lines and outcomes of many containers look: prefixes and colours, JSON, templates, filters, folded names, differences.
 * Bytes and values go in, bytes come out; nothing here knows of clusters, files or the terminal.
 */

/** The container that a line came from. Give the same object for every line of it: what is made of it is kept by it. */
export interface LineSource {
  readonly context?: string | undefined;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node?: string | undefined;
}

/** One line. */
export interface Line {
  readonly source: LineSource;
  /** Any bytes but a line feed. */
  readonly bytes: Buffer;
  /** RFC 3339, as the server gave it. */
  readonly at?: string | undefined;
  readonly stream?: 'stdout' | 'stderr' | undefined;
}

export const colorChoices = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof colorChoices)[number];

export const timestampChoices = ['default', 'short'] as const;
export type TimestampChoice = (typeof timestampChoices)[number];

export const prefixChoices = ['none', 'kubectl', 'stern'] as const;
/** `kubectl`: `[pod/NAME/CONTAINER] `; `stern`: `NAME CONTAINER `. */
export type PrefixChoice = (typeof prefixChoices)[number];

export const outputChoices = ['prefix', 'raw', 'json', 'ndjson-parsed'] as const;
export type OutputChoice = (typeof outputChoices)[number];

/** The colours to paint with; they add nothing where colours are off. Opaque: made by `createPaint`. */
export interface Paint {
  readonly enabled: boolean;
}

/** Whether to paint what goes to an output. `auto`: on a terminal, unless NO_COLOR, FORCE_COLOR or TERM=dumb say otherwise. */
export declare function wantsColor(choice: ColorChoice, isTerminal: boolean, env: NodeJS.ProcessEnv): boolean;
export declare function createPaint(enabled: boolean): Paint;

/** Which parts of a source a prefix shows besides the pod: those of which there are several. */
export interface PrefixParts {
  readonly context: boolean;
  readonly namespace: boolean;
  readonly container: boolean;
}

/** The prefix of each line of a source, with a space at its end; '' for `none`. Colours of pods and containers are steady. */
export declare function createPrefixer(
  choice: PrefixChoice,
  parts: PrefixParts,
  paint: Paint,
): (source: LineSource) => string;

/** Says whether bytes match, and where. */
export interface Matcher {
  test(bytes: Buffer): boolean;
  /** The matches in their order, as flat pairs of start and end in bytes; they do not overlap and are not empty. */
  ranges(bytes: Buffer): number[];
}

/**
 * Any of some regular expressions (RE2: time is linear in the length of the line; no back-references or look-around).
 * Rejects with KX_USAGE that names `flag`.
 */
export declare function compilePatterns(patterns: readonly string[], flag: string): Promise<Matcher>;

/** The same for names: one pattern, tested on text. */
export declare function compileNamePattern(pattern: string, flag: string): Promise<{ test(text: string): boolean }>;

export interface RendererOptions {
  readonly output: OutputChoice;
  /** In the place of `output`; see docs/templates. Undefined: none. */
  readonly template?: string | undefined;
  readonly prefix: PrefixChoice;
  readonly parts: PrefixParts;
  readonly paint: Paint;
  /** undefined: times are not shown (JSON has them anyway). */
  readonly timestamps?: TimestampChoice | undefined;
  /** An IANA name or `local`; undefined: as the server gave it (`short`: local). */
  readonly timezone?: string | undefined;
  /** JSON log lines are shown as text with coloured levels. */
  readonly pretty: boolean;
  /** What to paint in the text of lines; has no effect where colours are off. */
  readonly highlight?: Matcher | undefined;
}

/**
 * Appends one line as it is shown, with its line feed, to `out`: a few buffers that the caller joins and writes. They may be
 * parts of `line.bytes`. `raw` gives the bytes as they are.
 */
export type LineRenderer = (line: Line, out: Buffer[]) => void;

/** Rejects with KX_USAGE for a template or time zone that does not exist. */
export declare function createLineRenderer(options: RendererOptions): Promise<LineRenderer>;

/**
 * Bytes as fields of JSON: `{ [name]: text }`, and where they are not UTF-8 also `[name]Base64` with all of them; the text
 * then has U+FFFD in their places.
 */
export declare function textFields<N extends string>(
  name: N,
  bytes: Buffer,
): Record<N, string> & Partial<Record<`${N}Base64`, string>>;

/** `web-[0-2,5],db-1` for names that differ in numbers, as clush and pdsh write them. Nothing is lost, doubles count once. */
export declare function foldNames(names: readonly string[]): string;

/** What several targets have in common, shown once. */
export interface Block {
  readonly names: readonly string[];
  /** Behind the count in the header, such as `exit code 1`. */
  readonly note?: string | undefined;
  readonly body: Buffer;
}

/** The header (a rule, folded names, count and note, a rule) and the body, which ends with a line feed. */
export declare function renderBlock(block: Block, paint: Paint): Buffer;

export interface NamedText {
  readonly name: string;
  readonly text: Buffer;
}

/** A unified diff with three lines of context; '' when the texts are equal. */
export declare function renderDiff(from: NamedText, to: NamedText, paint: Paint): Promise<string>;

export interface ProgressFacts {
  readonly total: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Since the start. */
  readonly elapsedMs: number;
}

/** One line without a line feed: done of total, running, failed, time left; no wider than `width` columns. */
export declare function progressText(facts: ProgressFacts, width: number): string;
