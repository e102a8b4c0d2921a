import { containerFlag, switchFlag } from '../../flags.ts';

/** Where one command runs, and what of this side it is connected to. */
export function sessionFlags() {
  return {
    container: containerFlag(),
    stdin: switchFlag({ char: 'i', summary: 'Pass stdin to the command' }),
    tty: switchFlag({ char: 't', summary: 'Give the command a terminal; needs -i and a terminal as stdin' }),
    quiet: switchFlag({ char: 'q', summary: 'Only print output of the command' }),
  };
}
