// The files of a volume whose content the kubelet writes: by their path in the volume. Pure.

/** One file of a volume. */
export interface VolumeFile {
  data: Uint8Array;
  /** Permission bits. */
  mode: number;
  /** Owner; undefined: root. */
  user?: number | undefined;
}

/** Files by path relative to the volume. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/** Mode and owner of files that have none of their own. */
export interface FileDefaults {
  mode: number;
  user?: number | undefined;
}

/** Mode of files that neither their item nor their volume gives one. */
export const defaultFileMode = 0o644;

const maxPathLength = 4096;
const maxNameLength = 255;

/**
 * The files by their paths in the shortest form. Throws for a path that leads out of the volume, that the names of the
 * kubelet's own links and folders begin like, or that is too long for a file system.
 */
export function withCleanPaths(files: VolumeFiles): VolumeFiles {
  return new Map([...files].map(([path, file]) => [cleanPath(path), file]));
}

function cleanPath(path: string): string {
  if (path === '') throw new Error('invalid path: must not be empty: ""');
  if (path.startsWith('/')) throw new Error(`invalid path: must be relative path: ${path}`);
  if (Buffer.byteLength(path) > maxPathLength) {
    throw new Error(`invalid path: must be less than or equal to ${maxPathLength} characters`);
  }
  if (path.includes('\0')) throw new Error(`invalid path: must not contain a NUL: ${JSON.stringify(path)}`);
  const names = path.split('/');
  for (const name of names) {
    if (name === '..') throw new Error(`invalid path: must not contain '..': ${path}`);
    if (Buffer.byteLength(name) > maxNameLength) {
      throw new Error(`invalid path: filenames must be less than or equal to ${maxNameLength} characters`);
    }
  }
  const [first = '', ...others] = names.filter((name) => name !== '' && name !== '.');
  if (first === '') throw new Error(`invalid path: must name a file: ${path}`);
  if (first.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`);
  return [first, ...others].join('/');
}

/** Whether two volumes have the same files. */
export function sameFiles(one: VolumeFiles, other: VolumeFiles): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [path, { data, mode, user }] of one) {
    const file = other.get(path);
    if (file === undefined || file.mode !== mode || file.user !== user) return false;
    if (file.data !== data && Buffer.compare(file.data, data) !== 0) return false;
  }
  return true;
}
