// Writes an archive of ar(5), which a .deb is.

/** A member of an archive. */
export interface ArMember {
  /** At most 15 bytes. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** The archive of members that belong to root, may be read by all, and were changed at `mtime` (seconds since 1970). */
export function encodeAr(members: readonly ArMember[], mtime: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')];
  for (const { name, content } of members) {
    if (name.length > 15) throw new RangeError(`${name} is longer than an archive's names`);
    const fields: [value: string, width: number][] = [
      [name, 16],
      [String(mtime), 12],
      ['0', 6],
      ['0', 6],
      ['100644', 8],
      [String(content.length), 10],
    ];
    const header = fields.map(([value, width]) => value.padEnd(width)).join('');
    parts.push(Buffer.from(`${header}\`\n`), content, Buffer.alloc(content.length % 2, '\n'));
  }
  return Buffer.concat(parts);
}
