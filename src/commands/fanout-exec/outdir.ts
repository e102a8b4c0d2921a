import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { KxError } from '../../lib/errors/index.ts';
import { formatBytes } from '../cp/amounts.ts';
import { limitBytes } from './limit.ts';
import type { ExecTarget } from './exec-target.ts';
import type { TargetStreams, View } from './view.ts';

export interface OutdirOptions {
  readonly folder: string;
  /** Of each output; Infinity: all. */
  readonly maxOutput: number;
  /** Called once for each file that is cut. */
  readonly tellCut: (line: string) => void;
}

/**
 * The same view, and besides two files for each target in a folder: NAME.stdout, and NAME.stderr where there is something in
 * it. What an earlier run left of these targets is removed, so that no old output looks like that of a target that was not
 * reached. Throws KX_USAGE when the folder cannot be made; `expect` when what is there cannot be replaced.
 */
export function alsoInto(view: View, { folder, maxOutput, tellCut }: OutdirOptions): View {
  const pathOf = (target: ExecTarget, output: 'stdout' | 'stderr'): string =>
    join(folder, `${fileName(target)}.${output}`);
  makeFolder(folder);
  const openFile = (path: string, when: Creation): Writable => {
    const cut = (): void => tellCut(`warning: ${path} is cut after ${formatBytes(maxOutput)}`);
    return limitBytes(writeFile(path, when), maxOutput, cut);
  };
  return {
    ...view,
    expect: (targets) => {
      for (const target of targets) {
        removeFile(pathOf(target, 'stdout'));
        removeFile(pathOf(target, 'stderr'));
      }
    },
    open: (target) => {
      const shown = view.open(target);
      const files: TargetStreams = {
        stdout: openFile(pathOf(target, 'stdout'), 'at once'),
        stderr: openFile(pathOf(target, 'stderr'), 'with the first byte'),
      };
      return { stdout: both(shown.stdout, files.stdout), stderr: both(shown.stderr, files.stderr) };
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new KxError('KX_USAGE', `cannot make the folder of --outdir: ${(error as Error).message}`, { cause: error });
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw cannotWrite(path, error as Error);
  }
}

/** What every file system takes as a name is 255 bytes; an ending is behind it. */
const longestName = 240;

/** Kubernetes' names have no `_`, and those of contexts may have anything. One that is too long has a digest of all in place of its end. */
export function fileName({
  kind,
  source: { context, namespace, pod, container },
}: Pick<ExecTarget, 'kind' | 'source'>): string {
  const names = { container: [namespace, pod, container], node: [pod], cluster: [] }[kind];
  const name = [...(context === undefined ? [] : [encodeURIComponent(context)]), ...names].join('_');
  if (name.length <= longestName) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.slice(0, longestName - digest.length - 1)}~${digest}`;
}

type Creation = 'at once' | 'with the first byte';

function writeFile(path: string, when: Creation): Writable {
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
