import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quoted } from '@berth/common/printable.ts';
import { hasCode } from '@berth/linux/syscall/errno.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { LayerError } from './layer-error.ts';
import { layerPath } from './layer-path.ts';

const titleAnnotation = 'org.opencontainers.image.title';

/**
 * The path of an artifact's file below its directory: its title, or its digest where it has none. Pure.
 *
 * @throws LayerError for a title that leads out of the directory or names nothing
 */
export function artifactPath({ digest, annotations }: Descriptor): string {
  const title = annotations?.[titleAnnotation];
  if (!title) return digest.replace(':', '-');
  const components = layerPath(title);
  if (components.length === 0) throw new LayerError(`${quoted(title)} is not a name for a file`);
  return components.join('/');
}

/**
 * Lays out the files of an artifact by their titles. The files share their bytes with the blobs where the file
 * system lets them, so they are to be read only.
 *
 * @param directory an empty directory that nobody else writes to
 * @param blob where the content of a descriptor is
 * @returns what it takes on disk, beside the content that is shared
 */
export async function layOutArtifact(
  files: readonly Descriptor[],
  directory: string,
  blob: (descriptor: Descriptor) => string,
): Promise<{ diskBytes: number; files: number }> {
  let diskBytes = 4096;
  for (const file of files) {
    const path = artifactPath(file);
    const target = join(directory, path);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await linkOrCopy(blob(file), target);
      // Any user of a container may read it; the store's own directories are closed.
      await chmod(target, 0o644);
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG')) throw error;
      throw new LayerError(`two files of the artifact are called ${quoted(path)}, or the name is too long`, {
        cause: error,
      });
    }
    diskBytes += Math.ceil(file.size / 4096) * 4096;
  }
  return { diskBytes, files: files.length + 1 };
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch((error) => {
    if (!hasCode(error, 'EXDEV', 'EMLINK', 'EPERM')) throw error;
    return copyFile(from, to);
  });
}
