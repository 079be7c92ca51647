// Reads files below the kubelet's folders that a container may have written or replaced: a container that mounts the
// log folder or a volume can put anything there, symbolic links on the way included.
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { readEndOfRegularFile } from '@berth/common/files/regular-file.ts';
import { readEndOfOpenedFile } from '@berth/linux/files/opened-file.ts';
import { openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podsDir } from '../paths/pod-paths.ts';

/** The kubelet's own folders. Symbolic links above them belong to the administrator and are followed. */
export type OwnFolders = Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;

/**
 * Reads the last bytes of a file that a container wrote. Below the kubelet's folders, follows no symbolic link in the
 * path; elsewhere, only refuses a link as the file itself.
 */
export async function readEnd(path: string, maxBytes: number, folders: OwnFolders): Promise<string> {
  const root = [podsDir(folders), folders.podLogsDir].find((folder) => path.startsWith(`${folder}/`));
  const content =
    root === undefined
      ? await readEndOfRegularFile(path, { maxBytes, followLink: false })
      : await readEndOfOpenedFile(openWithoutLinks(root, path.slice(root.length + 1), O_PATH), path, {
          maxBytes,
        });
  return content.toString();
}
