// What the mount table says of SELinux labels. Pure.
import { type MountInfo, mountWithPath } from '@berth/linux/mounts/mountinfo.ts';

type Mount = Pick<MountInfo, 'mountPoint' | 'options' | 'superOptions'>;

/** Whether files at a path, without symbolic links, have labels of their own. Throws when no mount has the path. */
export function hasOwnLabels(table: readonly Mount[], path: string): boolean {
  const { options, superOptions } = mountOf(table, path);
  return [...options, ...superOptions].includes('seclabel');
}

/** The label that all files of a mount have by its option `context`; '' when it has none. */
export function mountedContext(table: readonly Mount[], path: string): string {
  // The kernel quotes a label with commas.
  const found = /(?:^|,)context=(?:"([^"]*)"|([^,]*))/.exec(mountOf(table, path).superOptions.join(','));
  return found?.[1] ?? found?.[2] ?? '';
}

function mountOf(table: readonly Mount[], path: string): Mount {
  const found = mountWithPath(table, path);
  if (!found) throw new Error(`error checking for SELinux support: cannot find mount point for "${path}"`);
  return found;
}
