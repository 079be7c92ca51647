/** What every entry of a tar archive says about itself. */
export interface TarAttributes {
  /** As written in the archive; nothing is cleaned. */
  path: string;
  /** Permission bits with set-user-ID, set-group-ID and sticky, 0 to 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970, possibly with a fraction. */
  mtime: number;
  /** Extended attributes by full name, as `security.capability`. */
  xattrs?: Map<string, Buffer>;
}

/** What is read from an archive. The content of a file follows it as chunks. */
export type TarHeader = TarAttributes &
  (
    | { type: 'file'; size: number }
    | { type: 'directory' | 'fifo' }
    | { type: 'symlink' | 'hardlink'; target: string }
    | { type: 'character-device' | 'block-device'; major: number; minor: number }
  );

/** What is written to an archive. Absent attributes are 0, with 0o644 for files and 0o755 for directories. */
export type TarEntry = Pick<TarAttributes, 'path'> &
  Partial<TarAttributes> &
  (
    | { type: 'file'; content: Uint8Array | string }
    | { type: 'directory' | 'fifo' }
    | { type: 'symlink' | 'hardlink'; target: string }
    | { type: 'character-device' | 'block-device'; major: number; minor: number }
  );

/** The archive cannot be read: truncated, corrupt, or of a kind that is refused. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

export const blockSize = 512;

/** Bytes of zeros that fill the last block of `size` bytes of content. */
export function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
