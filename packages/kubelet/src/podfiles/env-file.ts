// Reads files of variables from a pod's volumes, where a container may have put anything.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { readRegularDescriptor } from '@berth/common/files/regular-file.ts';
import { openInRoot } from '@berth/linux/files/safe-path.ts';
import type { EnvFile } from '../env/environment.ts';
import type { PreparedVolumes } from '../volumes/manager.ts';

/** The real kubelet has a limit for each line only; this one is for what it reads in one go. */
const maxBytes = 1024 * 1024;

/**
 * Reads `path` of the volume as a process would whose root directory the volume is. `volumes` are the
 * pod's volumes by name. Throws when there is no such volume or no such regular file, or a large one.
 */
export function readEnvFile(volumes: PreparedVolumes, volume: string, path: string): EnvFile {
  const found = volumes.get(volume);
  if (found?.from !== 'node') {
    throw new Error(`cannot find the volume ${JSON.stringify(volume)} referenced by FileKeyRef`);
  }
  const root = found.path;
  const full = join(root, path);
  try {
    const descriptor = openInRoot(root, path, O_PATH);
    try {
      return { path: full, content: readRegularDescriptor(descriptor, full, { maxBytes }) };
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw new Error("couldn't parse env file", { cause });
  }
}
