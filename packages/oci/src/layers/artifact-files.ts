// The files of an OCI artifact, in place of an unpacked layer.
import { chmod, copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { quoted } from '@berth/common/printable.ts';
import type { Descriptor } from '../image-spec/descriptor.ts';
import { LayerError } from './layer-error.ts';
import { layerPath } from './layer-path.ts';

const titleAnnotation = 'org.opencontainers.image.title';

/**
 * The path of an artifact's file below its directory: its title, or else its digest. Pure.
 *
 * @throws LayerError for a title outside of the directory or an empty one
 */
export function artifactPath({ digest, annotations }: Descriptor): string {
  const title = annotations?.[titleAnnotation];
  if (!title) return digest.replace(':', '-');
  const components = layerPath(title);
  if (components.length === 0) throw new LayerError(`${quoted(title)} is not a name for a file`);
  return components.join('/');
}

/**
 * Creates the files of an artifact by their titles. They are hard links to the blobs where the file system allows it, so
 * they must be mounted read-only.
 *
 * @param directory an empty directory that no other process writes to
 * @param blob the path of the content of a descriptor
 * @returns the disk usage, without shared content
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
      // Readable for any user of a container; the store's directories are private.
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
