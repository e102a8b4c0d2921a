import { escapeControls } from '../text/index.ts';
import { oncePerSource, type LineSource } from './line.ts';
import type { Paint } from './paint.ts';
import { createPalette, type SourceStyles } from './palette.ts';

/** `kubectl`: `[pod/NAME/CONTAINER] `; `stern`: `NAME CONTAINER `. */
export type PrefixChoice = 'none' | 'kubectl' | 'stern';

/** Which parts of a source a prefix shows besides the pod: those of which there are several. */
export interface PrefixParts {
  readonly context: boolean;
  readonly namespace: boolean;
  readonly container: boolean;
}

/** What stands in front of each line of a source, with a space at its end; '' for `none`. */
export function createPrefixer(choice: PrefixChoice, parts: PrefixParts, paint: Paint): (source: LineSource) => string {
  if (choice === 'none') return () => '';
  const stylesOf = createPalette();
  const write = choice === 'kubectl' ? writeKubectl : writeStern;
  return oncePerSource((source) => write(namesOf(source, parts), stylesOf(source), paint));
}

interface Names {
  /** The context and the namespace, where they are shown. */
  readonly places: readonly string[];
  readonly pod: string;
  readonly container: string | undefined;
}

function namesOf({ context, namespace, pod, container }: LineSource, parts: PrefixParts): Names {
  const places = [parts.context ? context : undefined, parts.namespace ? namespace : undefined];
  return {
    places: places.filter((place) => place !== undefined).map(escapeControls),
    pod: escapeControls(pod),
    container: parts.container ? escapeControls(container) : undefined,
  };
}

/** As `kubectl logs --prefix` (k8s.io/kubectl/pkg/cmd/logs), with the places in front of the kind. */
function writeKubectl({ places, pod, container }: Names, styles: SourceStyles, paint: Paint): string {
  const head = paint.style(styles.pod, [...places, 'pod', pod].join('/'));
  return container === undefined ? `[${head}] ` : `[${head}/${paint.style(styles.container, container)}] `;
}

function writeStern({ places, pod, container }: Names, styles: SourceStyles, paint: Paint): string {
  const words = [...places, pod].map((word) => paint.style(styles.pod, word));
  if (container !== undefined) words.push(paint.style(styles.container, container));
  return `${words.join(' ')} `;
}
