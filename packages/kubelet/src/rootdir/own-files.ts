// Reads files below the kubelet's folders that a container may have written or replaced: a container that mounts the
// log folder or a volume can put anything there, symbolic links on the way included.
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { readEndOfRegularFile } from '@berth/common/files/regular-file.ts';
import { readEndOfOpenedFile } from '@berth/linux/files/opened-file.ts';
import { openWithoutLinks } from '@berth/linux/files/safe-path.ts';
import type { KubeletOptions } from '../options/kubelet-options.ts';
import { podsDir } from '../paths/pod-paths.ts';

/** The folders that are the kubelet's own; links that lead to them are the administrator's. */
export type OwnFolders = Pick<KubeletOptions, 'rootDir' | 'podLogsDir'>;

/**
 * The last bytes of a file that a container wrote. Below the kubelet's folders it is reached through no symbolic
 * link, and elsewhere it is none itself.
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
