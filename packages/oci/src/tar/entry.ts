/** The attributes of every entry in a tar archive. */
export interface TarAttributes {
  /** As in the archive, not normalized. */
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

/** The header of an entry in an archive that is read. The content of a file follows in chunks. */
export type TarHeader = TarAttributes &
  (
    | { type: 'file'; size: number }
    | { type: 'directory' | 'fifo' }
    | { type: 'symlink' | 'hardlink'; target: string }
    | { type: 'character-device' | 'block-device'; major: number; minor: number }
  );

/** An entry to write. Absent attributes are 0; the default mode is 0o644 for files and 0o755 for directories. */
export type TarEntry = Pick<TarAttributes, 'path'> &
  Partial<TarAttributes> &
  (
    | { type: 'file'; content: Uint8Array | string }
    | { type: 'directory' | 'fifo' }
    | { type: 'symlink' | 'hardlink'; target: string }
    | { type: 'character-device' | 'block-device'; major: number; minor: number }
  );

/** The archive is truncated, corrupt or not supported. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

export const blockSize = 512;

/** Number of padding bytes behind `size` bytes of content. */
export function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}
