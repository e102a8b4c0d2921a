import type { Name } from '../entry.ts';
import type { Packed } from './packing.ts';
import type { Answer } from './receive-script.ts';
import type { Command } from './receiver.ts';

/** A command that is kept until it is answered. */
export interface Parcel extends Command {
  /** Called once, on whichever connection the answer came. What it throws ends the delivery. */
  answered(answer: Answer): void;
  /** The payload compressed, and the words to be added for that; undefined: it is sent as it is. */
  readonly packed?: Packed | undefined;
  /** The files that are incomplete when it is carried out in part; undefined: none. */
  readonly touches?: () => readonly Name[];
  /** Posts the same as commands with a payload of about `limit` bytes, as this one is too much for a connection. */
  readonly split?: (limit: number) => void;
}

/** Bytes that a command is counted with. */
export function weigh(command: Command): number {
  return command.names.reduce((sum, name) => sum + name.length, 256) + payloadOf(command);
}

/** Bytes that it carries. */
export function payloadOf({ payload = [] }: Command): number {
  return payload.reduce((sum, piece) => sum + piece.length, 0);
}

/** What is sent of a parcel that was compressed. */
export function packedCommand(parcel: Parcel): Command {
  const { letter, words, names, packed } = parcel;
  if (packed === undefined) return parcel;
  return { letter, words: `${words} ${packed.words}`, names, payload: [packed.bytes] };
}
