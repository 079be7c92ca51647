// Parses and encodes PAX extended headers, the key-value records in front of a tar entry.
import { TarError } from './entry.ts';
import { sparsePrefix } from './sparse.ts';

/** Prefix of extended attributes in PAX records, as in GNU tar, Go and libarchive. */
export const xattrPrefix = 'SCHILY.xattr.';

const sparseOffset = `${sparsePrefix}offset`;
const sparseLength = `${sparsePrefix}numbytes`;

/** Maximum number of records in effect: every entry checks them, and ordinary archives have a handful. */
const maxRecords = 1000;

/**
 * Parses a PAX extended header and adds its records to those in effect. Values are bytes, as extended attributes are.
 * Converts GNU's sparse map of format 0.0, which repeats two records, to format 0.1.
 *
 * @throws TarError for a malformed header and for too many records
 */
export function parsePaxRecords(
  content: Buffer,
  earlier: ReadonlyMap<string, Buffer> = new Map(),
): Map<string, Buffer> {
  const records = new Map(earlier);
  const sparse: string[] = [];
  let offset = 0;
  while (offset < content.length) {
    const space = content.indexOf(0x20, offset);
    const digits = content.toString('latin1', offset, space === -1 ? offset : space);
    const end = offset + Number(digits);
    const equals = content.indexOf(0x3d, space);
    const isWhole =
      /^\+?[0-9]+$/.test(digits) &&
      end <= content.length &&
      content[end - 1] === 0x0a &&
      equals > space &&
      equals < end;
    if (!isWhole) throw new TarError('malformed PAX header');
    // Copy the value, so that it does not keep the whole header in memory.
    const value = Buffer.from(content.subarray(equals + 1, end - 1));
    const key = content.toString('utf8', space + 1, equals);
    if (key === sparseOffset || key === sparseLength) {
      if (key !== (sparse.length % 2 === 0 ? sparseOffset : sparseLength) || value.includes(',')) {
        throw new TarError('malformed PAX header: the map of a sparse file');
      }
      sparse.push(value.toString());
    } else records.set(key, value);
    offset = end;
  }
  if (sparse.length > 0) records.set(`${sparsePrefix}map`, Buffer.from(sparse.join(',')));
  if (records.size > maxRecords) {
    throw new TarError(`${records.size} PAX records hold at a time; the limit is ${maxRecords}`);
  }
  return records;
}

/** Encodes records; the length at the start of each includes its own digits. */
export function encodePaxRecords(records: Map<string, Buffer | string>): Buffer {
  return Buffer.concat(
    [...records].map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = rest.length;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
}
