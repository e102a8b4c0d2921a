import { malformed, readSize, type TarHeader } from './header.ts';

/** The records of a PAX header by keyword, one character for each byte. */
export type PaxRecords = ReadonlyMap<string, string>;

/** Reads records of the form "LENGTH KEYWORD=VALUE\n", where LENGTH counts all of it. Throws KX_PROTOCOL for anything else. */
export function parsePax(body: Buffer): PaxRecords {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length;) {
    const blank = body.indexOf(0x20, at);
    const digits = body.toString('latin1', at, blank);
    const end = at + Number(digits);
    if (blank < 0 || !/^[1-9]\d{0,8}$/.test(digits) || end > body.length || body[end - 1] !== 0x0a) {
      throw malformed('a PAX record does not have the length that it tells');
    }
    const equals = body.indexOf(0x3d, blank);
    if (equals <= blank + 1 || equals >= end) throw malformed('a PAX record has no keyword');
    records.set(body.toString('latin1', blank + 1, equals), body.toString('latin1', equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A header with what the records say instead. An empty value leaves what the header has. */
export function applyPax(header: TarHeader, records: PaxRecords): TarHeader {
  const text = (key: string): string | undefined => {
    const value = records.get(key);
    if (value?.includes('\0') === true) throw malformed('a PAX record has a NUL in a name');
    return value === '' ? undefined : value;
  };
  const number = (key: string): number | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,20}(\.\d*)?$/.test(value)) throw malformed(`the PAX record ${key} is no number`);
    return Number(value);
  };
  return {
    type: header.type,
    name: text('path') ?? header.name,
    linkName: text('linkpath') ?? header.linkName,
    mode: header.mode,
    uid: number('uid') ?? header.uid,
    gid: number('gid') ?? header.gid,
    size: readSize(number('size') ?? header.size),
    mtime: number('mtime') ?? header.mtime,
  };
}

/** Whether the body is a sparse file in one of the forms of GNU tar. */
export function isSparse(records: PaxRecords): boolean {
  for (const key of records.keys()) if (key.startsWith('GNU.sparse.')) return true;
  return false;
}
