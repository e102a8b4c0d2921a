import { constructFromEvents, EVENT_ID, FAILSAFE_SCHEMA, getScalarValue, parseEvents, type Event } from 'js-yaml';

/** A YAML text, and where its keys are. */
export interface PlacedYaml {
  /** Every document of the text. All scalars are text: what was written is what a flag gets. */
  readonly documents: readonly unknown[];
  /** The line (from 1) of the key that these keys lead to in the first document; that of the nearest one before it, else 1. */
  readonly lineOf: (path: readonly string[]) => number;
}

/** Throws what js-yaml throws: its `reason` and `mark`. */
export function parsePlacedYaml(text: string): PlacedYaml {
  const events = parseEvents(text, {});
  const places = findKeys(events, text);
  return {
    documents: constructFromEvents(events, { source: text, schema: FAILSAFE_SCHEMA }),
    lineOf(path) {
      for (let length = path.length; length > 0; length--) {
        const offset = places.get(JSON.stringify(path.slice(0, length)));
        if (offset !== undefined) return text.slice(0, offset).split('\n').length;
      }
      return 1;
    },
  };
}

interface Frame {
  readonly isMapping: boolean;
  readonly path: readonly string[];
  /** Of a mapping, between its key and its value. */
  key: string | undefined;
}

/** The offset of every key, by the keys that lead to it. */
function findKeys(events: readonly Event[], text: string): Map<string, number> {
  const places = new Map<string, number>();
  const frames: Frame[] = [];
  for (const event of events) {
    const frame = frames.at(-1);
    if (event.type === EVENT_ID.POP) {
      frames.pop();
    } else if (event.type === EVENT_ID.SCALAR && frame?.isMapping === true && frame.key === undefined) {
      frame.key = getScalarValue(text, event);
      const place = JSON.stringify([...frame.path, frame.key]);
      if (!places.has(place)) places.set(place, event.valueStart);
    } else {
      const path = frame?.key === undefined ? (frame?.path ?? []) : [...frame.path, frame.key];
      if (frame !== undefined) frame.key = undefined;
      if (event.type === EVENT_ID.SCALAR || event.type === EVENT_ID.ALIAS) continue;
      frames.push({ isMapping: event.type === EVENT_ID.MAPPING, path, key: undefined });
    }
  }
  return places;
}
