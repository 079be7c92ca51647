/**
 * File names on Linux are bytes, and most but not all of them are UTF-8. Here a name is a string; a byte that is
 * not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte, which valid UTF-8 never decodes to (Python calls
 * this surrogateescape), so that every name of an archive can be written to disk.
 */
export function decodeFileName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  // Without a replacement character the bytes are valid UTF-8.
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  let name = '';
  for (let offset = 0; offset < bytes.length; ) {
    const length = sequenceLength(bytes, offset);
    name +=
      length === 0
        ? String.fromCharCode(0xdc00 + (bytes[offset] ?? 0))
        : bytes.toString('utf8', offset, offset + length);
    offset += length || 1;
  }
  return name;
}

/** The argument of a file system call for a name: the string, or a buffer when it is not UTF-8. */
export function encodeFileName(name: string): string | Buffer {
  if (name.isWellFormed()) return name;
  const pieces = [...name].map((character) => {
    const code = character.charCodeAt(0);
    const isByte = character.length === 1 && code >= 0xdc80 && code <= 0xdcff;
    return isByte ? Buffer.from([code - 0xdc00]) : Buffer.from(character);
  });
  return Buffer.concat(pieces);
}

/** Length of the UTF-8 sequence at an offset; 0 when it is invalid. */
function sequenceLength(bytes: Buffer, offset: number): number {
  for (let length = 1; length <= 4; length++) {
    const sequence = bytes.subarray(offset, offset + length);
    if (sequence.length === length && Buffer.from(sequence.toString('utf8')).equals(sequence)) return length;
  }
  return 0;
}
