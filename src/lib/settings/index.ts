/**
 * The settings of kx: values for the flags of each command, from the environment and from a file, for all contexts or one. A
 * file is checked against the flags that there are, as a whole and with places, before anything of it counts.
 */
export type { FlagRule, Rules, Setting, Settings } from './flag-rule.ts';
export { findSettingsFile, settingsPath } from './locate.ts';
export { chooseSettings } from './choose.ts';
export { hasVariables } from './environment.ts';
