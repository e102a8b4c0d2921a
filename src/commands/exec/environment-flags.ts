import { string } from '@oclif/core/flags';
import { repeatedFlag } from '../../flags.ts';
import { KxError } from '../../lib/errors/index.ts';

/** What a command finds when it starts. */
export function environmentFlags(helpGroup: string) {
  return {
    env: repeatedFlag({
      helpGroup,
      helpValue: 'NAME=VALUE',
      summary: 'Set a variable for the command, can be repeated',
    }),
    workdir: string({ helpGroup, helpValue: 'DIR', summary: 'Directory to run the command in' }),
  };
}

/** The variables of `--env`. Throws KX_USAGE. */
export function parseEnv(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
      if (name === undefined || value === undefined) {
        throw new KxError('KX_USAGE', `invalid argument "${assignment}" for "--env" flag: not of the form NAME=VALUE`);
      }
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        const problem = 'a shell sets it, which takes names of letters, digits and _ only';
        throw new KxError('KX_USAGE', `invalid argument "${assignment}" for "--env" flag: ${problem}`, {
          hint: `env(1) takes any name: kubectl kx exec POD -- env ${name}=VALUE COMMAND`,
        });
      }
      return [name, value];
    }),
  );
}
