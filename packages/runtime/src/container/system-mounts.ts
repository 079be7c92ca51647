// Verifies that /proc, /sys and /dev of a container are what config.json says, before and after its creation.

import { closeSync, constants, fstatSync, readFileSync, statfsSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { O_PATH } from '@berth/common/files/open-flags.ts';
import { magicPath, openInRoot } from '@berth/linux/files/safe-path.ts';
import { parseMountInfo } from '@berth/linux/mounts/mountinfo.ts';
import type { Spec } from '@berth/oci/runtime-spec/config.ts';
import { invalid, RuntimeError } from '../rpc/errors.ts';
import { isWithin, procMountProblem } from '../spec/proc-mounts.ts';

const procSuperMagic = 0x9fa0;
const sysfsMagic = 0x62656572;

/** Where NVIDIA's container library mounts its files, from a hook or from NVIDIA's own runtime. */
const drivers = '/proc/driver';

/**
 * Refuses a root file system in which /proc, /sys or /dev is no directory: a mount would land elsewhere and leave
 * the image's files at the path (CVE-2019-19921, CVE-2023-28642).
 */
export function refuseDisplacedSystem(rootfs: string, imageName: string): void {
  for (const path of ['/proc', '/sys', '/dev']) {
    if (isDirectoryOrAbsent(rootfs, path)) continue;
    throw invalid('config.image', `${path} of image ${imageName} is not a directory; it has to be one`);
  }
}

function isDirectoryOrAbsent(rootfs: string, path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openInRoot(rootfs, path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
  try {
    return fstatSync(descriptor).isDirectory();
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Refuses a created container whose /proc or /sys differs from its config.json. crun resolves mount points through
 * earlier mounts, so a symbolic link that a container left in a volume can lead a later mount over /proc, as with
 * runc before CVE-2019-16884. The process has not run, so nothing can change between this check and its start.
 */
export function checkSystemMounts(pid: number, spec: Spec): void {
  const refuse = (problem: string) =>
    new RuntimeError(
      'FAILED_PRECONDITION',
      `the container's mounts are not what they have to be: ${problem}`,
    );
  const root = `/proc/${pid}/root`;
  let mountInfo: string;
  try {
    mountInfo = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch (error) {
    // The process has ended; its exit file reports that.
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EINVAL')) return;
    throw error;
  }
  const destinations = new Map((spec.mounts ?? []).map((mount) => [mount.destination, mount]));
  if (typeAt(root, '/proc') !== procSuperMagic) throw refuse('/proc is not a proc file system');
  if (destinations.get('/sys')?.type === 'sysfs' && typeAt(root, '/sys') !== sysfsMagic) {
    throw refuse('/sys is not a sysfs');
  }
  const { maskedPaths = [], readonlyPaths = [] } = spec.linux ?? {};
  const expected = new Set([...maskedPaths, ...readonlyPaths, ...destinations.keys()].map(realProcPath));
  for (const { mountPoint, fstype } of parseMountInfo(mountInfo)) {
    if (procMountProblem(mountPoint, fstype) === undefined || isWithin(mountPoint, drivers)) continue;
    if (expected.has(realProcPath(mountPoint))) continue;
    throw refuse(`something is mounted at ${mountPoint}, where a symbolic link has led it`);
  }
}

/** The type of the file system at a path, from statfs(2); undefined when the path does not exist. */
function typeAt(root: string, path: string): number | undefined {
  let descriptor: number;
  try {
    descriptor = openInRoot(root, path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
  try {
    return statfsSync(magicPath(descriptor)).type;
  } finally {
    closeSync(descriptor);
  }
}

/** A path of /proc with its links that refer to the reading process resolved. */
function realProcPath(path: string): string {
  return path
    .replace(/^\/proc\/(mounts|net)(?=\/|$)/, '/proc/self/$1')
    .replace(/^\/proc\/(?:\d+(?:\/task\/\d+)?|thread-self)(?=\/|$)/, '/proc/self');
}
