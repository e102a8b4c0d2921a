import { KxError } from '../errors/index.ts';

export const timestampChoices = ['default', 'short'] as const;
/** `default`: `2026-03-01T17:04:05.000000001+01:00`; `short`: `03-01 17:04:05`. */
export type TimestampChoice = (typeof timestampChoices)[number];

/**
 * Writes a time of the server (RFC 3339) in a time zone: an IANA name or `local`. Without one, `default` is the server's own
 * text, and `short` is local time. What is no time stays as it is. Throws KX_USAGE for a zone that does not exist.
 */
export function createTimeFormat(choice: TimestampChoice, zone: string | undefined): (at: string) => string {
  if (choice === 'default' && zone === undefined) return (at) => at;
  const offsetAt = createOffsets(zone ?? 'local');
  return (at) => {
    const [, seconds, fraction = '', theirs = ''] =
      /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(at) ?? [];
    if (seconds === undefined) return at;
    const epoch = Date.parse(seconds + theirs);
    const offset = offsetAt(epoch);
    const local = new Date(epoch + offset * 60_000).toISOString().slice(0, 19);
    return choice === 'short' ? local.slice(5).replace('T', ' ') : local + fraction + formatOffset(offset);
  };
}

/** Minutes east of UTC at a time. Lines come close together: the last minute is remembered. */
function createOffsets(zone: string): (epoch: number) => number {
  const format = zoneFormat(zone);
  let [minute, offset] = [NaN, 0];
  return (epoch) => {
    const current = Math.floor(epoch / 60_000);
    if (current !== minute) [minute, offset] = [current, readOffset(format.format(epoch))];
    return offset;
  };
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone === 'local' || zone === 'Local' ? undefined : zone,
      timeZoneName: 'longOffset',
    });
  } catch {
    throw new KxError('KX_USAGE', `invalid argument "${zone}" for "--timezone" flag: there is no such time zone`, {
      hint: 'a name of the IANA list such as Europe/Berlin, UTC or local',
    });
  }
}

/** Of `3/1/2026, GMT+01:00`; UTC is `GMT`. */
function readOffset(text: string): number {
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}

function formatOffset(minutes: number): string {
  if (minutes === 0) return 'Z';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
}
