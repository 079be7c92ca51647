// Tar archives byte by byte, for what no sound writer makes.
import { blockSize, padding } from '@berth/oci/tar/entry.ts';
import { encodeHeaderBlock, type HeaderBlock } from '@berth/oci/tar/header-block.ts';
import { encodePaxRecords } from '@berth/oci/tar/pax.ts';

/** The blocks of zeros that end an archive. */
export const end: Buffer = Buffer.alloc(2 * blockSize);

/** One member: its header, changed by `patch` before the checksum is made, its content, and padding. */
export function member(
  name: string,
  more: Partial<HeaderBlock> & { content?: string | Buffer; patch?: (block: Buffer) => void } = {},
): Buffer {
  const { content = '', patch, ...header } = more;
  const bytes = Buffer.from(content);
  const block = encodeHeaderBlock({
    name,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    mtime: 0,
    typeFlag: '0',
    linkName: '',
    deviceMajor: 0,
    deviceMinor: 0,
    ...header,
  });
  if (patch !== undefined) {
    patch(block);
    sign(block);
  }
  return Buffer.concat([block, bytes, Buffer.alloc(padding(bytes.length))]);
}

export function directory(name: string, more: Partial<HeaderBlock> = {}): Buffer {
  return member(name, { typeFlag: '5', mode: 0o755, ...more });
}

export function link(name: string, linkName: string, typeFlag: '1' | '2' = '2'): Buffer {
  return member(name, { typeFlag, linkName, mode: 0o777 });
}

/** Extended headers of the next member, or of all that follow. */
export function pax(records: Readonly<Record<string, string | Buffer>>, typeFlag: 'x' | 'g' = 'x'): Buffer {
  return member('PaxHeaders/1', { typeFlag, content: encodePaxRecords(new Map(Object.entries(records))) });
}

/** Extended headers of this very text. */
export function paxText(text: string): Buffer {
  return member('PaxHeaders/1', { typeFlag: 'x', content: text });
}

/** Writes a text into a header's field. */
export function put(block: Buffer, offset: number, length: number, text: string): void {
  block.fill(0, offset, offset + length);
  block.write(text, offset, length, 'latin1');
}

/** Makes the checksum of a header that was changed; `signed` as some old writers did. */
export function sign(block: Buffer, { signed = false }: { signed?: boolean } = {}): void {
  block.write('        ', 148);
  let sum = 0;
  for (let index = 0; index < blockSize; index++) {
    sum += signed ? block.readInt8(index) : block.readUInt8(index);
  }
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
