import { KxError } from '../../errors/index.ts';
import type { Problem } from '../entry.ts';

/**
 * The stream cannot be taken up where it was lost: what is there of the entry in progress is not what the container has
 * now, or nothing there can tell. `crc` is the CRC-32 of what is there of its body.
 */
export class StreamChanged extends Error {
  readonly crc: number | undefined;

  constructor(crc: number | undefined) {
    super('the stream changed');
    this.crc = crc;
  }
}

/** The sender ended by itself in the middle of the archive, as tars do that read less of a file than they told. */
export class SenderStopped extends KxError {}

/** A tar that leaves something out says so and ends with a code; GNU tar has 1 for what is harmless. */
export function isExplained(code: number, worst: Problem['level'] | undefined): boolean {
  return code === 0 || worst === 'failure' || (code === 1 && worst === 'warning');
}

/** The stream ended in the middle, and nothing says why. */
export function cutShort(): KxError {
  return new KxError('KX_CONNECTION_LOST', 'the container sent less than a whole archive', { ran: 'yes' });
}

/** What a sender has said on stderr. */
interface SenderWords {
  readonly lastLine: string;
  /** It has given up on a file that is shorter than it told. */
  readonly fellShort?: boolean;
}

/** The sender ended in the middle by itself. */
export function stopped(code: number, { lastLine, fellShort }: SenderWords): KxError {
  const message = `the sender in the container ended with code ${code}${lastLine === '' ? '' : `: ${lastLine}`}`;
  const kind = fellShort === true ? SenderStopped : KxError;
  return new kind('KX_COPY_INCOMPLETE', message, { ran: 'yes' });
}
