// Sessions of this node with iSCSI targets, and the disks behind them, as the kernel tells of them in /sys.
import { constants } from 'node:fs';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { joinHostPort } from '@berth/common/host-port.ts';

/** Files of /sys that cannot be read are opened for writing alone; none is created. */
const { O_EXCL, O_RDONLY, O_WRONLY } = constants;

/** A session with a target. */
export interface IscsiSession {
  /** Number of its SCSI host. */
  host: number;
  /** Its addresses, as it was told and as they are. */
  portals: readonly string[];
  /** The interface that has logged in; '' when the kernel does not know it, as of the session of a boot disk. */
  iface: string;
  /** Its directory in /sys. */
  path: string;
}

/** The sessions with a target. One that ends meanwhile is left out. */
export async function sessionsWith(iqn: string, sysfs: string): Promise<IscsiSession[]> {
  const hosts = join(sysfs, 'class/iscsi_host');
  const found: IscsiSession[] = [];
  for (const hostName of await namesIn(hosts, /^host\d+$/)) {
    const device = join(hosts, hostName, 'device');
    for (const name of await namesIn(device, /^session\d+$/)) {
      const path = join(device, name);
      const facts = join(path, 'iscsi_session', name);
      if ((await attribute(join(facts, 'targetname'))) !== iqn) continue;
      const iface = await attribute(join(facts, 'ifacename'));
      found.push({
        host: Number(hostName.slice('host'.length)),
        portals: await portalsOf(path),
        iface: iface === '(null)' ? '' : iface,
        path,
      });
    }
  }
  return found;
}

/** The session of an interface through a portal. Pure. */
export function sessionThrough(
  sessions: readonly IscsiSession[],
  portal: string,
  iface: string,
): IscsiSession | undefined {
  return sessions.find(
    (each) => each.portals.includes(portal) && (each.iface === iface || each.iface === ''),
  );
}

async function portalsOf(session: string): Promise<string[]> {
  const portals = new Set<string>();
  for (const name of await namesIn(session, /^connection/)) {
    const facts = join(session, name, 'iscsi_connection', name);
    for (const prefix of ['', 'persistent_']) {
      const address = await attribute(join(facts, `${prefix}address`));
      const port = await attribute(join(facts, `${prefix}port`));
      if (address !== '') portals.add(joinHostPort(address, port));
    }
  }
  return [...portals];
}

/** Names of the session's disks, such as `sda`: those of one LUN, or all. */
export async function disksOf({ path, host }: IscsiSession, lun?: number): Promise<string[]> {
  // An iSCSI host has one channel and one target.
  const target = join(path, `target${host}:0:0`);
  const units = lun === undefined ? /^\d+:\d+:\d+:\d+$/ : new RegExp(`^${host}:0:0:${lun}$`);
  const names = await namesIn(target, units);
  return (await Promise.all(names.map((name) => namesIn(join(target, name, 'block'), /./)))).flat();
}

/** Has the kernel look for one LUN, and not for others of the target, whose removal nobody would notice. */
export async function scanLun(host: number, lun: number, sysfs: string): Promise<void> {
  await writeFile(join(sysfs, `class/scsi_host/host${host}/scan`), `0 0 ${lun}`, { flag: O_WRONLY });
}

/** Has the kernel forget a disk, after it has written what it holds for it. */
export async function deleteDisk(name: string, sysfs: string): Promise<void> {
  try {
    await writeFile(join(sysfs, `block/${name}/device/delete`), '1', { flag: O_WRONLY });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Name of the device that multipathd has made of paths to a disk, such as `dm-0`; undefined when it has made none. */
export async function multipathOf(disk: string, sysfs: string): Promise<string | undefined> {
  const block = join(sysfs, 'block');
  for (const name of await namesIn(join(block, disk, 'holders'), /^dm-\d+$/)) {
    if ((await attribute(join(block, name, 'dm/uuid'))).startsWith('mpath-')) return name;
  }
  return undefined;
}

/** Whether a block device is mounted or part of another device, in whatever mount namespace. */
export async function isClaimed(path: string): Promise<boolean> {
  try {
    // O_EXCL without O_CREAT claims a block device.
    await (await open(path, O_RDONLY | O_EXCL)).close();
    return false;
  } catch (error) {
    if (hasCode(error, 'EBUSY')) return true;
    if (isGone(error)) return false;
    throw error;
  }
}

async function namesIn(directory: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => pattern.test(name)).sort();
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function attribute(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    // EINVAL and the like: this driver does not have it.
    if (isGone(error) || hasCode(error, 'EINVAL', 'ENOSYS', 'ENOTCONN')) return '';
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO');
}
