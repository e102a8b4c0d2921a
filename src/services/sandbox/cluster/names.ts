import { createHash } from 'node:crypto';

/** The characters of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, so that no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix as the controllers make it, the same for the same seed. */
export function suffix(length: number, ...seed: readonly (string | number)[]): string {
  const digest = createHash('sha256').update(seed.join('/')).digest();
  return Array.from({ length }, (_, index) => alphabet[digest.readUInt8(index) % alphabet.length]).join('');
}

/** A UID, the same for the same seed. */
export function uidOf(...seed: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(seed.join('/')).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
