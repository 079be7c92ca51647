// Takes the disk of a LUN away from this node, and logs out of its target when no other volume shares the session. Each
// step can be repeated, as the next kubelet does after one that was killed.
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../../klog/klog.ts';
import type { RunProgram } from '../node-programs.ts';
import type { IscsiNode } from './attach.ts';
import { hasOwnIface, type IscsiDisk, sharesSession } from './iscsi-disk.ts';
import { deleteDisk, disksOf, isClaimed, multipathOf, sessionsWith, sessionThrough } from './scsi-disks.ts';

const log = createLogger('detach.ts');

/**
 * Detaches the LUN, which is not mounted by this kubelet any more.
 *
 * @param others names of the folders of other volumes with the same interface
 * @throws while a container or somebody else still uses the disk
 */
export async function detach(
  { iscsiadm, sysfs }: IscsiNode,
  run: RunProgram,
  disk: IscsiDisk,
  others: readonly string[],
): Promise<void> {
  const { portals, iqn, lun, iface } = disk;
  const sessions = (await sessionsWith(iqn, sysfs)).filter((each) =>
    portals.some((portal) => sessionThrough([each], portal, iface)),
  );
  const disks = (await Promise.all(sessions.map((each) => disksOf(each, lun)))).flat();
  await removeMultipath(disks, run, sysfs);
  for (const name of disks) {
    if (await isClaimed(`/dev/${name}`)) throw new Error(`iscsi: /dev/${name} is still in use`);
    await deleteDisk(name, sysfs);
  }
  for (const portal of portals) {
    if (sharesSession(others, portal, iqn)) continue;
    const session = sessionThrough(sessions, portal, iface);
    // Volumes of other first portals share it, or disks that are none of Kubernetes.
    if (session && (await hasClaimedDisk(await disksOf(session), sysfs))) continue;
    log.info('iscsi: log out target', { portal, iqn, iface });
    await iscsiadm.logout(portal, disk);
  }
  if (hasOwnIface(disk)) await iscsiadm.deleteIface(iface);
}

async function removeMultipath(disks: readonly string[], run: RunProgram, sysfs: string): Promise<void> {
  const devices = new Set<string>();
  for (const name of disks) {
    const device = await multipathOf(name, sysfs);
    if (device !== undefined) devices.add(`/dev/${device}`);
  }
  for (const device of devices) {
    if (await isClaimed(device)) throw new Error(`iscsi: ${device} is still in use`);
    try {
      const { code, output } = await run('multipath', ['-f', device]);
      if (code !== 0) log.warn('Failed to flush multipath device map', { device, err: output.trim() });
    } catch (error) {
      log.warn('Failed to flush multipath device map', { device, err: messageOf(error) });
    }
  }
}

async function hasClaimedDisk(disks: readonly string[], sysfs: string): Promise<boolean> {
  for (const name of disks) {
    const multipath = await multipathOf(name, sysfs);
    if (await isClaimed(`/dev/${multipath ?? name}`)) return true;
  }
  return false;
}
