import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { KxError } from '../../lib/errors/index.ts';
import { limitBytes } from './limit.ts';
import type { ExecTarget } from './exec-target.ts';
import type { TargetStreams, View } from './view.ts';

/**
 * The same view, and besides two files for each target in a folder: NAME.stdout, and NAME.stderr where there is something in
 * it. Throws KX_USAGE when the folder cannot be made.
 */
export function alsoInto(folder: string, maxOutput: number, view: View): View {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new KxError('KX_USAGE', `cannot make the folder of --outdir: ${(error as Error).message}`, { cause: error });
  }
  return {
    ...view,
    open: (target) => {
      const shown = view.open(target);
      const path = join(folder, fileName(target));
      const files: TargetStreams = {
        stdout: limitBytes(writeFile(`${path}.stdout`, 'at once'), maxOutput, () => {}),
        stderr: limitBytes(writeFile(`${path}.stderr`, 'with the first byte'), maxOutput, () => {}),
      };
      return { stdout: both(shown.stdout, files.stdout), stderr: both(shown.stderr, files.stderr) };
    },
  };
}

/** Kubernetes' names have no `_`, and those of contexts may have anything. */
function fileName({ kind, source: { context, namespace, pod, container } }: ExecTarget): string {
  const names = kind === 'node' ? [pod] : [namespace, pod, container];
  return [...(context === undefined ? [] : [encodeURIComponent(context)]), ...names].join('_');
}

function writeFile(path: string, when: 'at once' | 'with the first byte'): Writable {
  const create = (): Writable =>
    createWriteStream(path).on('error', (error) => stream.destroy(cannotWrite(path, error)));
  let file: Writable | undefined;
  const stream: Writable = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (chunk.length === 0) return done();
      file ??= create();
      file.write(chunk, (error) => done(error && cannotWrite(path, error)));
    },
    final: (done) => {
      if (file === undefined) done();
      else file.end(() => done());
    },
    destroy: (error, done) => {
      file?.destroy();
      done(error);
    },
  });
  if (when === 'at once') file = create();
  return stream;
}

function cannotWrite(path: string, cause: Error): KxError {
  return new KxError('KX_USAGE', `cannot write ${path}: ${cause.message}`, { ran: 'maybe', cause });
}

/** Hands on to two streams at the pace of the slower. */
function both(first: Writable, second: Writable): Writable {
  const outer = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const write = (stream: Writable): Promise<void> =>
        new Promise((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve())));
      Promise.all([write(first), write(second)]).then(() => done(), done);
    },
    final: (done) => {
      const end = (stream: Writable): Promise<void> => new Promise((resolve) => stream.end(() => resolve()));
      void Promise.all([end(first), end(second)]).then(() => done());
    },
    destroy: (error, done) => {
      first.destroy();
      second.destroy();
      done(error);
    },
  });
  for (const stream of [first, second]) stream.on('error', (error) => outer.destroy(error));
  return outer;
}
