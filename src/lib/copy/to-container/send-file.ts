import { attributesOf } from './attributes.ts';
import type { Entry } from '../entry.ts';
import { leavingBody } from './leaving-body.ts';
import { nextPart, type StagedFile } from './staged-files.ts';
import type { Unpacking } from './unpacking.ts';

/** Stores a file, or what is missing of it, part by part, as fast as the parts are acknowledged. */
export async function sendFile(to: Unpacking, file: StagedFile, entry: Entry): Promise<void> {
  let left = entry.size;
  let wanted = nextPart(left, to.delivery.partBytes);
  let pieces: Buffer[] = [];
  const post = async (): Promise<void> => {
    await to.delivery.room();
    const packed = await to.packing.pack(pieces);
    if (!file.failed) to.files.part(file, pieces, packed);
    [left, pieces] = [left - wanted, []];
    wanted = nextPart(left, to.delivery.partBytes);
  };
  let collected = 0;
  if (file.posted + entry.size === 0) to.files.part(file, []);
  else {
    for await (let piece of leavingBody(entry)) {
      while (collected + piece.length >= wanted && wanted > 0) {
        pieces.push(piece.subarray(0, wanted - collected));
        piece = piece.subarray(wanted - collected);
        collected = 0;
        await post();
        if (file.failed) return;
      }
      if (piece.length > 0) pieces.push(piece);
      collected += piece.length;
    }
  }
  to.files.commit(file, attributesOf(entry, to.keep, to.umask));
}
