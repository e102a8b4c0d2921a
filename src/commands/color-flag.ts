import { string } from '@oclif/core/flags';
import { colorChoices, type ColorChoice } from '../lib/render/index.ts';

/** When to colour; `readColor` reads it. */
export function colorFlag(helpGroup: string) {
  return string({
    helpGroup,
    helpValue: 'WHEN',
    options: [...colorChoices],
    default: 'auto',
    summary: 'auto, always or never (default auto)',
  });
}

export function readColor(text: string): ColorChoice {
  return colorChoices.find((each) => each === text) ?? 'auto';
}
