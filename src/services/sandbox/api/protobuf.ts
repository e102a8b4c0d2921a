import type { Fields } from '../cluster/objects.ts';

/** How a message is read: field numbers to a name and the schema of its value; a schema of null is a text. */
interface Schema {
  readonly [field: number]: readonly [name: string, schema: Schema | null, repeated?: 'repeated'];
}

/** Four bytes before every Kubernetes object in protobuf. */
const magic = 'k8s\0';

const resourceAttributes: Schema = {
  1: ['namespace', null],
  2: ['verb', null],
  3: ['group', null],
  4: ['version', null],
  5: ['resource', null],
  6: ['subresource', null],
  7: ['name', null],
};
const access: Schema = {
  1: ['resourceAttributes', resourceAttributes],
  2: ['nonResourceAttributes', { 1: ['path', null], 2: ['verb', null] }],
};
const specs: Readonly<Record<string, Schema>> = {
  SelfSubjectAccessReview: access,
  SubjectAccessReview: { ...access, 3: ['user', null], 4: ['groups', null, 'repeated'], 6: ['uid', null] },
  SelfSubjectRulesReview: { 1: ['namespace', null] },
  TokenReview: { 1: ['token', null] },
  SelfSubjectReview: {},
};
const metadata: Schema = { 1: ['name', null] };
/** Source: k8s.io/apimachinery/pkg/runtime/generated.proto, message Unknown. */
const typeMeta: Schema = { 1: ['apiVersion', null], 2: ['kind', null] };

/**
 * Reads a review in Kubernetes' protobuf, the one thing that kubectl sends in no other form (kubectl auth). Undefined
 * when the bytes are something else.
 */
export function decodeReview(bytes: Buffer): Fields | undefined {
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  let type: Fields = {};
  let raw: Buffer = Buffer.alloc(0);
  for (const [field, value] of fieldsOf(bytes.subarray(magic.length))) {
    if (field === 1) type = decode(value, typeMeta);
    if (field === 2) raw = value;
  }
  const spec = specs[String(type['kind'])];
  return spec && { ...type, ...decode(raw, { 1: ['metadata', metadata], 2: ['spec', spec] }) };
}

function decode(bytes: Buffer, schema: Schema): Fields {
  const message: Fields = {};
  for (const [field, bytesOfField] of fieldsOf(bytes)) {
    const entry = schema[field];
    if (entry === undefined) continue;
    const [name, inner, repeated] = entry;
    const value = inner === null ? bytesOfField.toString('utf8') : decode(bytesOfField, inner);
    message[name] = repeated ? [...((message[name] ?? []) as unknown[]), value] : value;
  }
  return message;
}

/** The fields with a length; numbers are passed over. */
function* fieldsOf(bytes: Buffer): Generator<[number, Buffer]> {
  for (let at = 0; at < bytes.length;) {
    const [key, afterKey] = readVarint(bytes, at);
    const [value, afterValue] = readVarint(bytes, afterKey);
    at = afterValue;
    if ((key & 7) !== 2) continue;
    yield [key >>> 3, bytes.subarray(at, at + value)];
    at += value;
  }
}

function readVarint(bytes: Buffer, at: number): [number, number] {
  let value = 0;
  for (let shift = 0; at < bytes.length; shift += 7) {
    const byte = bytes.readUInt8(at++);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  return [value, at];
}
