import { createRetry, probeContainer } from '../../lib/copy/index.ts';
import type { Target } from '../../lib/target/index.ts';
import type { Transport } from '../../lib/transport/index.ts';
import { failed, limited, type Check } from './check.ts';

/** What the image of the target has for kx to use, and what is worse without it. */
export async function checkImage(
  transport: Transport,
  target: Target,
  hasShell: boolean,
  signal: AbortSignal,
): Promise<Check> {
  const id = 'image';
  if (!hasShell) {
    return {
      id,
      status: 'warning',
      message:
        'no sh: exec runs the programs of the image, without --timeout, --env, --workdir and the proof of an ending; cp needs a helper container',
      hint: 'cp adds it by itself, where you may patch pods/ephemeralcontainers',
      details: { sh: false, tar: null, tools: [], uid: null },
    };
  }
  try {
    const ends = limited(signal, 30_000);
    const { tools, uid } = await probeContainer(
      { transport, target, signal: ends, retry: createRetry(0, ends, () => {}) },
      [],
    );
    const { tar, ...others } = tools;
    const names = Object.entries(others).flatMap(([name, has]) => (has ? [name] : []));
    const lacks = [
      ...(tar === undefined ? ['tar'] : []),
      ...Object.keys(others).filter((name) => !names.includes(name)),
    ];
    const has = ['sh', ...(tar === undefined ? [] : [`tar (${tar})`]), ...names].join(', ');
    const worse = worseWithout.filter(([tool]) => lacks.includes(tool)).map(([tool, what]) => `no ${tool}: ${what}`);
    return {
      id,
      status: worse.length === 0 ? 'ok' : 'warning',
      message: [`${has}${uid < 0 ? '' : `, user ${uid}`}`, ...worse].join('; '),
      details: { sh: true, tar: tar ?? null, tools: names, uid: uid < 0 ? null : uid },
    };
  } catch (error) {
    return failed(id, error);
  }
}

const worseWithout = [
  ['dd', 'piped input needs it to be told its end'],
  ['tar', 'cp sends file by file'],
] as const;
