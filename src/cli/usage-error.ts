import { KxError } from '../lib/errors/index.ts';
import { hintAt } from './suggest.ts';

/** An argument as oclif hands it on with the error that it is missing. */
interface MissingArgument {
  readonly name: string;
  readonly description?: string;
  readonly options?: readonly string[];
}

/** What oclif and the parsers of flags throw about words, as one line that says what is meant: KX_USAGE. Anything else stays. */
export function usageError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  // oclif wraps what the parser of a flag throws in lines of its own.
  const message = thrown.message.replace(/^Parsing --\S+ \n\t/, '').replace(/\nSee more help with --help$/, '');
  if (thrown instanceof KxError) {
    thrown.message = message;
    return thrown;
  }
  if (!('oclif' in thrown)) return thrown;
  const { problem, hint = 'see --help' } = explain(message, thrown);
  return new KxError('KX_USAGE', problem, { cause: thrown, hint });
}

interface Explanation {
  readonly problem: string;
  readonly hint?: string | undefined;
}

/** The messages are those of @oclif/core/lib/parser/errors.js. */
function explain(message: string, thrown: Error): Explanation {
  const [, flag, word = '', choices = ''] = /^Expected (?:--([^=]+)=)?(.*) to be one of: (.*)$/s.exec(message) ?? [];
  if (choices !== '') {
    const place = flag === undefined ? '' : ` for "--${flag}" flag`;
    return {
      problem: `invalid argument "${word}"${place}: not one of ${choices}`,
      hint: hintAt(word, choices.split(', ')),
    };
  }
  if (/^Missing \d+ required arg/.test(message)) {
    const { args = [] } = thrown as { readonly args?: readonly MissingArgument[] };
    const wanted = args.map(({ name, description, options }) =>
      options === undefined ? (description ?? name) : `one of ${options.join(', ')}`,
    );
    return { problem: `a word is missing: ${wanted.join(', then ')}` };
  }
  return { problem: message.charAt(0).toLowerCase() + message.slice(1) };
}
