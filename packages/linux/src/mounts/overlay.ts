// Mounts overlayfs for a container's root file system, with any number of layers and any characters in paths.
import { closeSync, constants, openSync } from 'node:fs';
import { type MountFlag, mount } from './mount.ts';

export interface OverlayRequest {
  /** Read-only layers, topmost first. */
  lowerDirs: readonly string[];
  /** Receives all changes; without it the mount is read-only. */
  upperDir?: string;
  /** An empty directory on the file system of `upperDir`. */
  workDir?: string;
  target: string;
  flags?: readonly MountFlag[];
  /** Further options of overlayfs, e.g. `['volatile']`. */
  options?: readonly string[];
}

/** mount(2) takes one page of options, which ends with a NUL. */
const maxDataBytes = 4095;

/**
 * Mounts an overlay of any number of layers. mount(2) takes one page of options, and `:`, `,` and `\` are special in
 * the options of overlayfs; paths that are too long or contain one of these are replaced by /proc/self/fd paths of the
 * open directories.
 */
export function overlayMount(request: OverlayRequest): void {
  const { lowerDirs, upperDir, workDir, target, flags = [], options = [] } = request;
  const directories = [...lowerDirs, ...(upperDir && workDir ? [upperDir, workDir] : [])];
  const data = (name: (directory: string) => string): string =>
    [
      `lowerdir=${lowerDirs.map(name).join(':')}`,
      ...(upperDir && workDir ? [`upperdir=${name(upperDir)}`, `workdir=${name(workDir)}`] : []),
      ...options,
    ].join(',');
  const plain = data((directory) => directory);
  if (
    !directories.some((directory) => /[:,\\]/.test(directory)) &&
    Buffer.byteLength(plain) <= maxDataBytes
  ) {
    mount({ source: 'overlay', target, fstype: 'overlay', flags, data: plain });
    return;
  }
  const descriptors = new Map<string, number>();
  try {
    for (const directory of directories) {
      if (!descriptors.has(directory)) descriptors.set(directory, openSync(directory, constants.O_DIRECTORY));
    }
    const short = data((directory) => `/proc/self/fd/${descriptors.get(directory)}`);
    mount({ source: 'overlay', target, fstype: 'overlay', flags, data: short });
  } finally {
    for (const descriptor of descriptors.values()) closeSync(descriptor);
  }
}
