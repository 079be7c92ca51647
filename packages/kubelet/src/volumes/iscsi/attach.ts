// Makes a LUN a disk of this node: logs in to its target through each portal, and has the kernel look for the LUN.
import { on } from 'node:events';
import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../../klog/klog.ts';
import type { Chap } from './chap.ts';
import { hasOwnIface, type IscsiDisk, persistentDeviceName } from './iscsi-disk.ts';
import type { Iscsiadm } from './iscsiadm.ts';
import {
  disksOf,
  type IscsiSession,
  multipathOf,
  scanLun,
  sessionsWith,
  sessionThrough,
} from './scsi-disks.ts';

const log = createLogger('attach.ts');

/** Attempts for all paths, when there are at least two already; and for two. */
const minAttempts = 2;
const maxAttempts = 5;
const minPaths = 2;

const diskTimeoutMs = 30_000;
/** How long several paths wait until multipathd has made one device of them, and how often that is looked at. */
const multipathTimeoutMs = 10_000;
const multipathLookMs = 250;

/** What attaching needs of the node. */
export interface IscsiNode {
  iscsiadm: Iscsiadm;
  /** Where the kernel's /sys is. */
  sysfs: string;
}

/**
 * Attaches the LUN and returns the path of its device. Rejects when no portal leads to it, or at the next step when
 * `signal` is aborted.
 *
 * @param chap how the node identifies itself
 */
export async function attach(
  node: IscsiNode,
  disk: IscsiDisk,
  chap: Chap,
  signal: AbortSignal,
): Promise<string> {
  const disks = new Map<string, string>();
  let problem: unknown;
  for (let attempt = 1; !isEnough(disks.size, disk.portals.length, attempt - 1); attempt += 1) {
    for (const portal of disk.portals) {
      if (disks.has(portal)) continue;
      signal.throwIfAborted();
      try {
        disks.set(portal, await attachPath(node, disk, portal, chap, signal));
      } catch (error) {
        problem = error;
      }
    }
    if (disks.size > 0) continue;
    if (hasOwnIface(disk)) await node.iscsiadm.deleteIface(disk.iface);
    throw new Error(`failed to get any path for iscsi disk, last err seen:\n${messageOf(problem)}`);
  }
  if (problem !== undefined && disks.size < disk.portals.length) {
    log.warn('Some portals do not lead to an iSCSI disk', { err: problem, iqn: disk.iqn, lun: disk.lun });
  }
  return `/dev/${await deviceOf(node, disk, [...disks.values()], signal)}`;
}

/** Whether to go on with so many paths of those that the volume names, after so many attempts. Pure. */
export function isEnough(paths: number, wanted: number, attempts: number): boolean {
  return paths === wanted || (paths >= minPaths && attempts >= minAttempts) || attempts >= maxAttempts;
}

async function attachPath(
  { iscsiadm, sysfs }: IscsiNode,
  disk: IscsiDisk,
  portal: string,
  chap: Chap,
  signal: AbortSignal,
): Promise<string> {
  const { iqn, iface, lun } = disk;
  const find = async (): Promise<IscsiSession | undefined> =>
    sessionThrough(await sessionsWith(iqn, sysfs), portal, iface);
  let session = await find();
  if (!session) {
    await iscsiadm.login(portal, disk, chap);
    session = await find();
  }
  if (!session) throw new Error(`Could not get SCSI host number for portal ${portal} after logging in`);
  const found = await diskOfLun(session, lun, sysfs, signal);
  if (found !== undefined) return found;
  throw new Error(
    `Timed out waiting for device at path ${persistentDeviceName(portal, disk)} after ${diskTimeoutMs / 1000}s`,
  );
}

/** Name of the LUN's disk, once it has a node in /dev; undefined when the target shows no such LUN in time. */
async function diskOfLun(
  session: IscsiSession,
  lun: number,
  sysfs: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(diskTimeoutMs)]);
  const watcher = watch('/dev');
  try {
    // The kernel makes the node after the disk's directory in /sys.
    const changes = on(watcher, 'change', { signal: limit });
    await scanLun(session.host, lun, sysfs);
    for (;;) {
      const [name] = await disksOf(session, lun);
      if (name !== undefined) return name;
      await changes.next();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return undefined;
    throw error;
  } finally {
    watcher.close();
  }
}

/** The device of several paths if multipathd makes one, or the only path. */
async function deviceOf(
  { sysfs }: IscsiNode,
  { portals }: IscsiDisk,
  disks: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const limit = Date.now() + (portals.length > 1 ? multipathTimeoutMs : 0);
  for (;;) {
    for (const disk of disks) {
      const multipath = await multipathOf(disk, sysfs);
      if (multipath !== undefined) return multipath;
    }
    if (Date.now() >= limit) break;
    // A holder appears in /sys without an event.
    await sleep(multipathLookMs, undefined, { signal });
  }
  const [first] = disks;
  if (first === undefined) throw new Error('iscsi: no path leads to the disk');
  return first;
}
