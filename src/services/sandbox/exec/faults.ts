import { KxError } from '../../../lib/errors/index.ts';

/** What an exec or attach session of a pod does wrong. Absent means: nothing of the kind. Bytes and milliseconds. */
export interface Faults {
  /** The connection is cut without a word after so many bytes of output. */
  readonly cutAfter?: number;
  /** The same after so many bytes of stdin were received. */
  readonly cutStdinAfter?: number;
  /** From so many bytes on, in both directions together, nothing is read, sent or answered, pings neither. */
  readonly freezeAfter?: number;
  /** The session ends politely, and without a Status. */
  readonly noStatus?: true;
  /** The Status comes so much later. */
  readonly lateStatus?: number;
  /** Bytes of stdin per second that are read. */
  readonly slowRead?: number;
  /** The upgrade is refused with this HTTP code. */
  readonly refuseUpgrade?: number;
  /** Only v4.channel.k8s.io is known. */
  readonly noV5?: true;
  /** The upgrade and every message of the client are acted on so much later. */
  readonly latency?: number;
}

/** The annotation of a pod that asks for faults. */
export const faultAnnotation = 'sandbox.kx.dev/fault';

type Readers = { readonly [word: string]: (value: string | undefined) => Faults | undefined };

const readers: Readers = {
  'cut-after': (value) => wrap(readSize(value), (cutAfter) => ({ cutAfter })),
  'cut-stdin-after': (value) => wrap(readSize(value), (cutStdinAfter) => ({ cutStdinAfter })),
  'freeze-after': (value) => wrap(readSize(value), (freezeAfter) => ({ freezeAfter })),
  'no-status': (value) => (value === undefined ? { noStatus: true } : undefined),
  'late-status': (value) => wrap(readDuration(value), (lateStatus) => ({ lateStatus })),
  'slow-read': (value) =>
    value?.endsWith('/s') ? wrap(readSize(value.slice(0, -2)) || undefined, (slowRead) => ({ slowRead })) : undefined,
  'refuse-upgrade': (value) => (/^[45]\d\d$/.test(value ?? '') ? { refuseUpgrade: Number(value) } : undefined),
  'no-v5': (value) => (value === undefined ? { noV5: true } : undefined),
  latency: (value) => wrap(readDuration(value), (latency) => ({ latency })),
};

/** Reads the faults of a pod, as in `cut-after=4KiB late-status=500ms`; KX_CONFIG for a word that is not known. */
export function parseFaults(annotations: Readonly<Record<string, string>> | undefined, where: string): Faults {
  const words = (annotations?.[faultAnnotation] ?? '').split(/\s+/).filter((word) => word !== '');
  let faults: Faults = {};
  for (const word of words) {
    const [name = '', value] = word.split('=', 2);
    const read = readers[name]?.(value);
    if (read === undefined) {
      throw new KxError('KX_CONFIG', `${where}: ${JSON.stringify(word)} is no fault that the sandbox knows`, {
        hint: `known are ${Object.keys(readers).join(', ')}; see docs/sandbox.md`,
      });
    }
    faults = { ...faults, ...read };
  }
  return faults;
}

function wrap(value: number | undefined, faults: (value: number) => Faults): Faults | undefined {
  return value === undefined ? undefined : faults(value);
}

const sizeUnits = { '': 1, KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30 } as const;

function readSize(text: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^(\d+)(KiB|MiB|GiB)?$/.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * sizeUnits[unit as keyof typeof sizeUnits];
}

function readDuration(text: string | undefined): number | undefined {
  const [, digits, unit] = /^(\d+)(ms|s)$/.exec(text ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits) * (unit === 's' ? 1000 : 1);
}
