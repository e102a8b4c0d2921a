import type { LineSource } from './line.ts';
import type { Style } from './paint.ts';

const podStyles: readonly Style[] = [
  'cyanBright',
  'greenBright',
  'magentaBright',
  'yellowBright',
  'blueBright',
  'redBright',
];
const containerStyles: readonly Style[] = ['cyan', 'green', 'magenta', 'yellow', 'blue', 'red'];

export interface SourceStyles {
  readonly pod: Style;
  readonly container: Style;
}

/** Gives each pod, and each name of a container, a colour that stays; names that do not collide have it in every run. */
export function createPalette(): (source: LineSource) => SourceStyles {
  const pods = createAssignment(podStyles);
  const containers = createAssignment(containerStyles);
  return ({ context = '', namespace, pod, container }) => ({
    pod: pods(`${context}/${namespace}/${pod}`),
    container: containers(container),
  });
}

/** The name decides where to begin, and a style that fewer have wins: a handful of names is told apart. */
function createAssignment(choices: readonly Style[]): (name: string) => Style {
  const uses = choices.map(() => 0);
  const chosen = new Map<string, number>();
  const choose = (name: string): number => {
    const start = hash(name) % choices.length;
    const order = choices.map((_, step) => (start + step) % choices.length);
    return order.reduce((best, index) => ((uses[index] ?? 0) < (uses[best] ?? 0) ? index : best), start);
  };
  return (name) => {
    let index = chosen.get(name);
    if (index === undefined) {
      index = choose(name);
      chosen.set(name, index);
      uses[index] = (uses[index] ?? 0) + 1;
    }
    return choices[index] ?? 'white';
  };
}

/** FNV-1a: spreads names that differ in their last letter only. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
