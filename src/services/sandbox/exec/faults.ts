import { readDuration, readSize, readWords, wrap, type WordReaders } from './words.ts';

/** What the sessions (exec, attach) and the logs of a pod do wrong, and the watches of a namespace. Absent means: nothing of the kind. Bytes and milliseconds. */
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
  /** Every answer with a log is cut without a word after so many bytes. */
  readonly logCutAfter?: number;
  /** A log that has so many bytes is rotated: who asks from then on sees none of its lines. */
  readonly logRotate?: number;
  /** So many requests for a log are refused with this HTTP code. */
  readonly refuseLog?: { readonly code: number; readonly times: number };
  /** Of a namespace: every watch in it is cut without a word after this time. */
  readonly watchCut?: number;
  /** Of a namespace: every watch in it ends after this time with the words that its version is too old (410). */
  readonly watchExpires?: number;
}

/** The annotation of a pod or a namespace that asks for faults. */
export const faultAnnotation = 'sandbox.kx.dev/fault';

const readers: WordReaders<Faults> = {
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
  'log-cut-after': (value) => wrap(readSize(value), (logCutAfter) => ({ logCutAfter })),
  'log-rotate': (value) => wrap(readSize(value) || undefined, (logRotate) => ({ logRotate })),
  'watch-cut': (value) => wrap(readDuration(value) || undefined, (watchCut) => ({ watchCut })),
  'watch-expires': (value) => wrap(readDuration(value) || undefined, (watchExpires) => ({ watchExpires })),
  'refuse-log': (value) => {
    const [, code, times] = /^([45]\d\d)(?:x(\d+))?$/.exec(value ?? '') ?? [];
    return wrap(code, (digits) => ({ refuseLog: { code: Number(digits), times: Number(times ?? Infinity) } }));
  },
};

/** Reads the faults of a pod, as in `cut-after=4KiB late-status=500ms`; KX_CONFIG for a word that is not known. */
export function parseFaults(annotations: Readonly<Record<string, string>> | undefined, where: string): Faults {
  return readWords(annotations?.[faultAnnotation] ?? '', readers, { where, what: 'fault' });
}
