import { randomBytes } from 'node:crypto';
import type { Runs } from '../../lib/state/index.ts';
import type { Job, Place } from './jobs.ts';
import type { Session } from './session.ts';
import { targetKey } from './stand-in.ts';

/** What is known of the last run of the same job, and what the next will know of this one. */
export interface JobMemory {
  /** The destination was made by that run: it is as if it were not there. */
  readonly wasAbsent: boolean;
  /** What that run and those before marked their staged files with. They are over. */
  readonly marks: readonly string[];
  /** Marks those of this run. */
  readonly mark: string;
  /** To be called before anything is made. */
  begin(isAbsent: boolean): void;
  /** Everything was copied. */
  done(): void;
}

const mostMarks = 8;

/** With `--resume`, what was remembered of the job; else it begins anew. The same job has the same words, wherever it runs. */
export function recallJob(job: Job, { options, runs, server, namespace }: Session): JobMemory {
  const places = [...job.sources, job.destination].map(describePlace);
  const words = [server, namespace, process.cwd(), options.container ?? '', ...options.specs, ...places];
  const past = options.resume ? recall(runs, words) : nothing;
  const mark = randomBytes(4).toString('hex');
  return {
    ...past,
    mark,
    begin: (isAbsent) => {
      const marks = [...past.marks, mark].slice(-mostMarks);
      runs.begin(words, { wasAbsent: isAbsent || past.wasAbsent, marks });
    },
    done: () => runs.done(words),
  };
}

const nothing = { wasAbsent: false, marks: [] as readonly string[] };

function recall(runs: Runs, words: readonly string[]): typeof nothing {
  const past = runs.recall(words);
  if (past === undefined) return nothing;
  const { wasAbsent, marks } = past.notes;
  const known = Array.isArray(marks) ? marks.filter((mark) => /^[0-9a-f]{8}$/.test(String(mark))).map(String) : [];
  // What a run that goes on has staged is its own.
  return { wasAbsent: wasAbsent === true, marks: past.mayRun ? [] : known };
}

/** Where TYPE/NAME led, for it may lead elsewhere the next time. */
function describePlace(place: Place): string {
  return place.side === 'remote' ? targetKey(place.target) : place.side;
}
