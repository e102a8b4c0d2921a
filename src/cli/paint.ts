import { chalkStderr } from 'chalk';

/** The first words of a report in colour. chalk knows NO_COLOR, FORCE_COLOR and terminals that have none. */
export function paintReport(text: string): string {
  return text.replace(/^error:/m, chalkStderr.red.bold('error:')).replace(/^hint:/m, chalkStderr.cyan('hint:'));
}
